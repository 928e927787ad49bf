%% A store in Redis as Pow's guides have one, written anew: a key is its parts by term_to_binary in base64url, listings are
%% by SCAN, or by the sorted sets of today's guide, and match specifications judge what was listed.
-module(pow).

-export([connect/1, do/3]).

-define(TTL, 3600000).

connect(Port) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {packet, line}, {active, false}, {nodelay, true}]),
    persistent_term:put(redis, Socket).

%% A way is {1, _} for atoms as releases up to 25 write them, {2, _} for those since; {_, true} keeps an index.
do(Way, Space, {put, Key, Value}) ->
    Stored = stored(Way, Space, Key),
    Now = erlang:system_time(millisecond),
    [begin
        ask(["ZREMRANGEBYSCORE", Index, "-inf", number(Now)]),
        ask(["ZADD", Index, number(Now + ?TTL), Member]),
        ask(["PEXPIRE", Index, number(?TTL)])
    end || {Index, Member} <- entries(Way, Stored)],
    <<"OK">> = ask(["SET", Stored, binary(Way, Value), "PX", number(?TTL)]),
    ok;
do(Way, Space, {get, Key}) -> found(stored(Way, Space, Key));
do(Way, Space, {delete, Key}) ->
    Stored = stored(Way, Space, Key),
    [ask(["ZREM", Index, Member]) || {Index, Member} <- entries(Way, Stored)],
    ask(["DEL", Stored]),
    ok;
do(Way, Space, {all, Pattern}) ->
    Listed = [{parts(Stored), Stored} || Stored <- lists:usort(listed(Way, Space))],
    case oracle:matches(Pattern, [Key || {Key, _} <- Listed]) of
        refused -> refused;
        Verdicts ->
            %% Each is looked up by the bytes that were listed, and may be gone by then.
            [{Key, Value} || {{Key, Stored}, true} <- lists:zip(Listed, Verdicts), {found, Value} <- [found(Stored)]]
    end.

found(Stored) ->
    case ask(["GET", Stored]) of
        nil -> absent;
        Value -> {found, binary_to_term(Value)}
    end.

listed({_, true} = Way, Space) ->
    ask(["ZRANGEBYSCORE", ["_index:", segment(Way, Space)], number(erlang:system_time(millisecond)), "+inf"], Way, Space);
listed({_, false} = Way, Space) -> scan([segment(Way, Space), ":*"], <<"0">>, []).

ask(Words, Way, Space) -> [iolist_to_binary([segment(Way, Space), $:, Member]) || Member <- ask(Words)].

scan(Glob, Cursor, Found) ->
    case ask(["SCAN", Cursor, "MATCH", Glob]) of
        [<<"0">>, Keys] -> Keys ++ Found;
        [Next, Keys] -> scan(Glob, Next, Keys ++ Found)
    end.

%% An index for every beginning of a key, and what of the key it lists.
entries({_, false}, _) -> [];
entries({_, true}, Stored) ->
    [{["_index:", binary:part(Stored, 0, At)], binary:part(Stored, At + 1, byte_size(Stored) - At - 1)} ||
        {At, 1} <- binary:matches(Stored, <<":">>)].

stored(Way, Space, Key) -> iolist_to_binary(lists:join($:, [segment(Way, Part) || Part <- [Space | Key]])).

parts(Stored) ->
    [_Space | Parts] = binary:split(Stored, <<":">>, [global]),
    [binary_to_term(decoded(Part)) || Part <- Parts].

binary({Minor, _}, Term) -> term_to_binary(Term, [{minor_version, Minor}]).

segment(Way, Term) -> << <<(safe(Digit))>> || <<Digit>> <= base64:encode(binary(Way, Term)), Digit =/= $= >>.

decoded(Segment) ->
    Padding = binary:copy(<<"=">>, (4 - byte_size(Segment) rem 4) rem 4),
    base64:decode(<< << <<(plain(Digit))>> || <<Digit>> <= Segment >>/binary, Padding/binary >>).

safe($+) -> $-;
safe($/) -> $_;
safe(Digit) -> Digit.

plain($-) -> $+;
plain($_) -> $/;
plain(Digit) -> Digit.

number(Number) -> integer_to_binary(Number).

%% One command, and its reply.
ask(Words) ->
    Socket = persistent_term:get(redis),
    Binaries = [iolist_to_binary(Word) || Word <- Words],
    ok = gen_tcp:send(Socket, [["*", number(length(Binaries)), "\r\n"],
        [["$", number(byte_size(Word)), "\r\n", Word, "\r\n"] || Word <- Binaries]]),
    reply(Socket).

reply(Socket) ->
    {ok, Line} = gen_tcp:recv(Socket, 0, 30000),
    Text = binary:part(Line, 1, byte_size(Line) - 3),
    case binary:first(Line) of
        $+ -> Text;
        $: -> binary_to_integer(Text);
        $$ -> bytes(Socket, binary_to_integer(Text));
        $* -> [reply(Socket) || _ <- lists:seq(1, binary_to_integer(Text))]
    end.

bytes(_, -1) -> nil;
bytes(Socket, Size) ->
    ok = inet:setopts(Socket, [{packet, raw}]),
    {ok, <<Bytes:Size/binary, "\r\n">>} = gen_tcp:recv(Socket, Size + 2, 30000),
    ok = inet:setopts(Socket, [{packet, line}]),
    Bytes.
