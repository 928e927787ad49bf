%% An ETS table as a candidate of the memory bench: it is asked a line and answers CPU and wall nanoseconds an operation.
%%
%% Records are {Key, Deadline, Value} in a set with both concurrency options, the key a list as Pow's EtsCache has it.
%% A value is written in a new binary; one that is read is searched for a byte that it does not have, which reads it
%% whole. CPU time is known of a whole pass only, so each pass is made twice: once that prepares and does nothing, and
%% what that took is subtracted.
-module(ets_peer).

-export([main/1]).

-define(CHUNK, 256).
-define(A_USER, 10).
-define(TTL, 2 * 3600 * 1000).
-define(BRIEFLY, 1000).
-define(PAYLOAD_OF_A_KEY, 62).

-record(held, {table, records, template, absent, zipf}).

main([Records, Bytes]) ->
    Held = #held{
        table = ets:new(records, [set, public, {read_concurrency, true}, {write_concurrency, true}]),
        records = list_to_integer(Records),
        template = binary:copy(<<7>>, list_to_integer(Bytes)),
        absent = binary:compile_pattern(<<0>>),
        zipf = zipf(list_to_integer(Records))
    },
    Before = resident(),
    alone(fun() -> fill(Held, 0) end),
    Payload = Held#held.records * (?PAYLOAD_OF_A_KEY + byte_size(Held#held.template)),
    Over = max(0, resident() - Before - Payload) / Held#held.records,
    io:format("filled ~s~n", [erlang:system_info(otp_release)]),
    answer(Held, Over).

answer(Held, Over) ->
    case io:get_line("") of
        eof ->
            halt(0);
        Line ->
            [Operation, Zipf, Threads, Operations, Round] = string:lexemes(Line, " \n"),
            {Cpu, Wall} =
                case Operation of
                    "size" -> {Over, Over};
                    "expire" -> expire(Held, list_to_integer(Operations));
                    _ ->
                        measure(Held, list_to_atom(Operation), Zipf =:= "1", list_to_integer(Threads),
                                list_to_integer(Operations), list_to_integer(Round))
                end,
            io:format("~.3f ~.3f~n", [float(Cpu), float(Wall)]),
            answer(Held, Over)
    end.

fill(#held{records = Records}, Records) ->
    ok;
fill(Held, Item) ->
    put(Held, name(shuffled(Item, Held#held.records)), ?TTL),
    fill(Held, Item + 1).

%% A table finds no keys by their beginning: each listing looks at all of it.
measure(Held, What, Zipf, Threads, Operations, Round) ->
    Each = case What of all -> 2; _ -> Operations div Threads end,
    Pass = fun(Do, Together) -> pass(Held, What, Zipf, Threads, Each, Round, Do, Together) end,
    {Idle, _} = Pass(false, false),
    {Busy, Apart} = Pass(true, false),
    Rate = case Threads of 1 -> Apart; _ -> element(2, Pass(true, true)) end,
    {(Busy - Idle) / (Each * Threads), 1 / Rate}.

%% The CPU time of all threads, and the operations a nanosecond. Together, processes begin each chunk at the same time;
%% the CPU time is then not worth knowing, since they wait for each other in loops.
pass(Held, What, Zipf, Threads, Each, Round, Do, Together) ->
    Arrivals = atomics:new(1, []),
    Meet = fun(Turn) -> Together andalso meet(Arrivals, Threads * Turn) end,
    Before = cpu(),
    Workers = [worker(Held, What, Zipf, Thread, Threads, Each, Round, Do, Meet) || Thread <- lists:seq(1, Threads)],
    Walls = [receive {Worker, Wall} -> Wall end || Worker <- Workers],
    {cpu() - Before, lists:sum([Each / max(1, Wall) || Wall <- Walls])}.

worker(Held, What, Zipf, Thread, Threads, Each, Round, Do, Meet) ->
    Asked = self(),
    First = (Thread - 1) * Each,
    Work = fun() ->
        Random = rand:mwc59_seed(Thread * 1000 + Round),
        Choose = choose(Held, What, Zipf, Each * Threads),
        Asked ! {self(), chunks(Held, What, Choose, First, First + Each, Random, Do, Meet, 1, 0)}
    end,
    spawn_opt(Work, [link, {scheduler, Thread}, {min_heap_size, 20000}]).

chunks(_, _, _, Last, Last, _, _, _, _, Wall) ->
    Wall;
chunks(Held, What, Choose, First, Last, Random, Do, Meet, Turn, Wall) ->
    Next = min(First + ?CHUNK, Last),
    {Names, Random1} = names(What, Choose, First, Next, Random, []),
    Meet(Turn),
    Began = nanos(),
    Do andalso work(What, Names, 0, Held),
    chunks(Held, What, Choose, Next, Last, Random1, Do, Meet, Turn + 1, Wall + nanos() - Began).

meet(Arrivals, All) ->
    atomics:add(Arrivals, 1, 1),
    spin(Arrivals, All).

spin(Arrivals, All) ->
    case atomics:get(Arrivals, 1) < All of
        true -> spin(Arrivals, All);
        false -> ok
    end.

names(_, _, Last, Last, Random, Names) ->
    {Names, Random};
names(What, Choose, At, Last, Random, Names) ->
    {Item, Random1} = Choose(At, Random),
    Name =
        case What of
            all -> Item;
            _ -> name(Item)
        end,
    names(What, Choose, At + 1, Last, Random1, [Name | Names]).

choose(#held{records = Records}, What, _, Operations) when What =:= new; What =:= delete ->
    fun(At, Random) -> {Records + shuffled(At, Operations), Random} end;
choose(#held{records = Records}, all, _, _) ->
    fun(_, Random) -> below(Records div ?A_USER, Random) end;
choose(#held{records = Records, zipf = Zipf}, _, true, _) ->
    fun(_, Random) -> popular(Records, Zipf, Random) end;
choose(#held{records = Records}, _, false, _) ->
    fun(_, Random) -> below(Records, Random) end.

work(_, [], _, _) ->
    ok;
work(get, [Name | Names], At, Held) ->
    get(Held, Name),
    work(get, Names, At, Held);
work(delete, [Name | Names], At, Held) ->
    ets:delete(Held#held.table, Name),
    work(delete, Names, At, Held);
work(all, [User | Users], At, Held) ->
    all(Held, User),
    work(all, Users, At, Held);
work(mixed, [Name | Names], At, Held) when At rem 10 =:= 0 ->
    put(Held, Name, ?TTL),
    work(mixed, Names, At + 1, Held);
work(mixed, [Name | Names], At, Held) ->
    get(Held, Name),
    work(mixed, Names, At + 1, Held);
work(What, [Name | Names], At, Held) ->
    put(Held, Name, ?TTL),
    work(What, Names, At, Held).

put(#held{table = Table, template = Template}, Name, Ttl) ->
    true = ets:insert(Table, {Name, erlang:monotonic_time() + native(Ttl), binary:copy(Template)}).

get(#held{table = Table, absent = Absent}, Name) ->
    [{_, Deadline, Value}] = ets:lookup(Table, Name),
    true = Deadline > erlang:monotonic_time(),
    nomatch = binary:match(Value, Absent).

all(#held{table = Table, absent = Absent}, User) ->
    Names = [<<"cache">>, <<"user">>, User + 1000000, <<"session">>, '_'],
    Found = ets:select(Table, [{{Names, '$1', '_'}, [{'>', '$1', erlang:monotonic_time()}], ['$_']}]),
    ?A_USER = length(Found),
    [nomatch = binary:match(Value, Absent) || {_, _, Value} <- Found].

%% Puts some records for a moment and removes them when they have expired, all others being looked at on the way.
expire(Held, Operations) ->
    alone(fun() -> [put(Held, name(Held#held.records + Item), ?BRIEFLY) || Item <- lists:seq(0, Operations - 1)] end),
    timer:sleep(?BRIEFLY + 10),
    {Before, Began} = {cpu(), nanos()},
    Now = erlang:monotonic_time(),
    Operations = ets:select_delete(Held#held.table, [{{'_', '$1', '_'}, [{'=<', '$1', Now}], [true]}]),
    {(cpu() - Before) / Operations, (nanos() - Began) / Operations}.

%% In a process of its own, whose garbage goes with it.
alone(Work) ->
    {Worker, Monitor} = spawn_monitor(Work),
    receive {'DOWN', Monitor, process, Worker, normal} -> ok end.

name(Item) ->
    [<<"cache">>, <<"user">>, Item div ?A_USER + 1000000, <<"session">>, <<Item:224>>].

shuffled(Item, Count) ->
    (Item * 982451653 + 7) rem Count.

below(Bound, Random) ->
    {(rand:mwc59_value32(Random) * Bound) bsr 32, rand:mwc59(Random)}.

%% As Zipf in random.rs.
zipf(Count) ->
    Total = zeta(Count, 0.0),
    {Total, (1 - math:pow(2 / Count, 1 - 0.99)) / (1 - zeta(2, 0.0) / Total)}.

zeta(0, Sum) -> Sum;
zeta(Rank, Sum) -> zeta(Rank - 1, Sum + math:pow(Rank, -0.99)).

popular(Count, {Total, Eta}, Random) ->
    Unit = rand:mwc59_float(Random),
    Scaled = Unit * Total,
    Rank =
        if
            Scaled < 1.0 -> 0;
            Scaled < 1.5035 -> 1;
            true -> trunc(Count * math:pow(Eta * Unit - Eta + 1.0, 100.0))
        end,
    {shuffled(min(Rank, Count - 1), Count), rand:mwc59(Random)}.

native(Milliseconds) -> erlang:convert_time_unit(Milliseconds, millisecond, native).

nanos() -> erlang:monotonic_time(nanosecond).

%% The CPU time of all threads of this Erlang.
cpu() ->
    Files = filelib:wildcard("/proc/self/task/*/schedstat"),
    Spent = [list_to_integer(hd(string:lexemes(Text, " "))) || File <- Files, {ok, Text} <- [content(File)]],
    case lists:sum(Spent) of
        0 -> element(1, statistics(runtime)) * 1000000;
        Nanos -> Nanos
    end.

resident() ->
    {ok, Text} = content("/proc/self/statm"),
    list_to_integer(lists:nth(2, string:lexemes(Text, " "))) * 4096.

content(File) ->
    case file:read_file(File) of
        {ok, Bytes} -> {ok, binary_to_list(Bytes)};
        Failed -> Failed
    end.
