%% Answers questions about terms, which come over standard input and leave over standard output, each behind its
%% length, in the external term format. What it says about bytes, order and matches is what this Erlang does.
-module(oracle).

-export([main/0, matches/2]).

main() ->
    Port = open_port({fd, 0, 1}, [binary, {packet, 4}, eof]),
    loop(Port).

loop(Port) ->
    receive
        {Port, {data, Question}} ->
            port_command(Port, term_to_binary(answer(binary_to_term(Question)))),
            loop(Port);
        {Port, eof} -> halt(0)
    end.

%% The same seed and round make the same terms, whatever was asked before.
answer({start, Seed}) ->
    rand:seed(exsss, {Seed, 0, 0}),
    terms:prepare(),
    erlang:system_info(otp_release);
answer({borders, _, _, _}) -> [spellings(Term) || Term <- terms:borders()];
answer({plain, Seed, Round, Count}) -> many(Seed, 1, Round, Count, fun() -> spellings(terms:plain()) end);
answer({opaque, Seed, Round, Count}) -> many(Seed, 2, Round, Count, fun() -> spellings(terms:with_opaque()) end);
answer({maps, Seed, Round, Count}) -> many(Seed, 3, Round, Count, fun() -> spellings(terms:with_maps()) end);
answer({orders, Seed, Round, Count}) -> many(Seed, 4, Round, Count, fun order/0);
answer({matches, Seed, Round, Count}) -> many(Seed, 5, Round, Count, fun match/0);
answer({records, Seed, Round, Count}) -> many(Seed, 6, Round, Count, fun record/0);
answer({connect, Port}) -> pow:connect(Port);
answer({pow, Minor, Indexed, Space, Call}) -> pow:do({Minor, Indexed}, Space, Call);
answer({same, Pairs}) -> [same(One, Other) || {One, Other} <- Pairs];
answer({declare, Names}) -> length([binary_to_atom(Name) || Name <- Names]);
answer({safe, Values}) ->
    Before = erlang:system_info(atom_count),
    Taken = [safely(Value) || Value <- Values],
    {Taken, erlang:system_info(atom_count) - Before}.

many(Seed, Question, Round, Count, Make) ->
    rand:seed(exsss, {Seed, Question, Round}),
    [Make() || _ <- lists:seq(1, Count)].

%% The bytes of OTP 25 and before, those of OTP 26 and later, and compressed ones.
spellings(Term) ->
    {term_to_binary(Term, [{minor_version, 1}]), term_to_binary(Term, [{minor_version, 2}]),
     term_to_binary(Term, [compressed])}.

%% Whether a value makes no atom that is not there.
safely(Value) ->
    try binary_to_term(Value, [safe]) of _ -> true catch error:badarg -> false end.

same(One, Other) ->
    try compare(binary_to_term(One), binary_to_term(Other), false) =:= {0, plain} catch error:badarg -> false end.

%% Two terms, how Erlang orders them, and how they stand in the order made strict.
order() ->
    One = terms:with_maps(),
    Other = case terms:one_in(4) of true -> terms:with_maps(); false -> terms:near(One) end,
    {term_to_binary(One), term_to_binary(Other), plainly(One, Other), compare(One, Other, false)}.

plainly(One, Other) when One < Other -> -1;
plainly(One, Other) when One > Other -> 1;
plainly(_, _) -> 0.

%% Looks for the first place where two terms differ and orders them by it: as Erlang does, and where that finds both
%% equal an integer before a float and -0.0 before 0.0. `tie` says that it was such a place. Among the keys of a map
%% every integer stands before every float.
compare(One, Other, InKey) when is_number(One), is_number(Other) ->
    case {is_integer(One), is_integer(Other)} of
        {true, false} when InKey -> {-1, plain};
        {false, true} when InKey -> {1, plain};
        {true, false} when One == Other -> {-1, tie};
        {false, true} when One == Other -> {1, tie};
        {false, false} when One == 0, Other == 0 -> zeros(<<One/float>>, <<Other/float>>);
        _ -> {plainly(One, Other), plain}
    end;
compare([One | Ones], [Other | Others], InKey) ->
    case compare(One, Other, InKey) of
        {0, _} -> compare(Ones, Others, InKey);
        Verdict -> Verdict
    end;
compare(One, Other, InKey) when is_tuple(One), is_tuple(Other), tuple_size(One) =:= tuple_size(Other) ->
    compare(tuple_to_list(One), tuple_to_list(Other), InKey);
compare(One, Other, InKey) when is_map(One), is_map(Other), map_size(One) =:= map_size(Other) ->
    {OneKeys, OneValues} = lists:unzip(pairs(One)),
    {OtherKeys, OtherValues} = lists:unzip(pairs(Other)),
    case compare(OneKeys, OtherKeys, true) of
        {0, _} -> compare(OneValues, OtherValues, InKey);
        Verdict -> Verdict
    end;
compare(One, Other, _) -> {plainly(One, Other), plain}.

zeros(Same, Same) -> {0, plain};
zeros(<<1:1, _/bits>>, _) -> {-1, tie};
zeros(_, _) -> {1, tie}.

pairs(Map) ->
    lists:sort(fun({One, _}, {Other, _}) -> element(1, compare(One, Other, true)) =< 0 end, maps:to_list(Map)).

%% A key as a list of its parts, a value, and a pattern that may match the key.
record() ->
    Key = keys:key(),
    {Key, terms:with_maps(), keys:pattern(Key)}.

%% A pattern, keys as lists of their parts, and of each whether it matches; or that Erlang refuses the pattern.
match() ->
    Keys = [Key | _] = [keys:key() || _ <- lists:seq(1, 4)],
    Pattern = keys:pattern(Key),
    {term_to_binary({Pattern, Keys}), matches(Pattern, Keys)}.

matches(Pattern, Keys) ->
    try
        Compiled = compiled([Pattern]),
        case ets:match_spec_run([[make_ref()]], Compiled) of
            %% A hole alone: it stands for a key of any number of parts.
            [true] -> [true || _ <- Keys];
            [] when is_list(Pattern) -> verdicts(compiled(Pattern), Keys);
            [] -> verdicts(Compiled, Keys)
        end
    catch
        error:badarg -> refused
    end.

compiled(Pattern) -> ets:match_spec_compile([{Pattern, [], [true]}]).
verdicts(Compiled, Keys) -> [ets:match_spec_run([Key], Compiled) =:= [true] || Key <- Keys].
