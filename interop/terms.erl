%% Random terms of every kind, with a liking for the borders where their bytes or their order change.
-module(terms).

-export([prepare/0, borders/0, plain/0, with_maps/0, with_opaque/0, near/1, pick/1, one_in/1]).

%% Erlang never forgets an atom and holds about a million, so all terms share these.
-define(ATOMS, 4000).
-define(DEPTH, 4).

prepare() ->
    Fixed = [nil, true, false, '', '_', '$1', 'Elixir.MyApp.Users.User', 'ÿ', 'Ā', '日本'],
    Random = [binary_to_atom(unicode:characters_to_binary(name())) || _ <- lists:seq(1, ?ATOMS)],
    persistent_term:put(atoms, list_to_tuple(Fixed ++ Random)).

name() ->
    Length = pick([0, 1, 3, 8, 20, 127, 128, 254, 255]),
    %% 1 to 4 bytes a character in UTF-8; the first two kinds are Latin-1.
    {From, To} = pick([{$a, $z}, {0, 16#FF}, {16#100, 16#7FF}, {16#800, 16#D7FF}, {16#10000, 16#10FFFF}]),
    [between(From, To) || _ <- lists:seq(1, Length)].

%% Terms at borders that chance would seldom meet.
borders() ->
    Long = fun(Length) -> [I rem 256 || I <- lists:seq(1, Length)] end,
    [list_to_tuple(lists:duplicate(Size, a)) || Size <- [0, 1, 254, 255, 256, 257, 70000]] ++
    [Long(Length) || Length <- [0, 1, 255, 256, 65534, 65535, 65536, 65537]] ++
    [[256 | Long(65535)], Long(65535) ++ [256], Long(65535) ++ [-1], Long(10) ++ tail] ++
    [binary:copy(<<7>>, Size) || Size <- [0, 1, 21, 22, 23, 24, 255, 256, 65535, 65536, 1000000]] ++
    [<<0:Size>> || Size <- [1, 7, 9, 15, 177, 2047, 2049]] ++
    [Sign * ((1 bsl Bits) + Near) || Bits <- [0, 7, 8, 15, 16, 27, 28, 31, 32, 53, 59, 60, 63, 64, 127, 128, 2031, 2032,
        2039, 2040, 2041, 65536], Near <- [-1, 0, 1], Sign <- [1, -1]] ++
    [float_of(Bits) || Bits <- [0, 1, 2, 16#FFFFFFFFFFFFF, 16#10000000000000, 16#3FF0000000000000, 16#7FEFFFFFFFFFFFFF]] ++
    [float_of(Bits bor (1 bsl 63)) || Bits <- [0, 1, 16#10000000000000, 16#7FEFFFFFFFFFFFFF]] ++
    [lists:foldl(fun(_, Deep) -> Wrap(Deep) end, [], lists:seq(1, 4900)) ||
        Wrap <- [fun(T) -> [T] end, fun(T) -> {T} end, fun(T) -> [a | {T}] end]] ++
    tuple_to_list(persistent_term:get(atoms)).

plain() -> term(plain, ?DEPTH).
with_maps() -> term(maps, ?DEPTH).
with_opaque() -> {opaque(), term(opaque, ?DEPTH)}.

term(Kinds, 0) -> leaf(Kinds);
term(Kinds, Depth) ->
    case rand:uniform(7) of
        1 -> list_to_tuple(children(Kinds, Depth));
        2 -> children(Kinds, Depth);
        3 -> children(Kinds, Depth) ++ term(Kinds, Depth - 1);
        4 when Kinds =:= maps -> map(Depth);
        _ -> leaf(Kinds)
    end.

children(Kinds, Depth) ->
    [term(Kinds, Depth - 1) || _ <- lists:seq(1, rand:uniform(5) - 1)].

map(Depth) ->
    %% Beyond 32 pairs Erlang keeps a map in another form.
    Size = case one_in(20) of true -> between(31, 40); false -> rand:uniform(5) - 1 end,
    maps:from_list([{term(maps, min(1, Depth - 1)), term(maps, Depth - 1)} || _ <- lists:seq(1, Size)]).

leaf(Kinds) ->
    case rand:uniform(7) of
        1 -> integer();
        2 -> float();
        3 -> pick(persistent_term:get(atoms));
        4 -> binary();
        5 -> <<(rand:uniform(1 bsl 30)):(rand:uniform(30))>>;
        6 when Kinds =:= opaque -> opaque();
        6 -> [rand:uniform(257) - 1 || _ <- lists:seq(1, rand:uniform(20) - 1)];
        7 -> rand:uniform(4) - 1
    end.

integer() ->
    case rand:uniform(5) of
        1 -> between(-300, 300);
        2 -> between(-(1 bsl 70), 1 bsl 70);
        3 -> sign() * ((1 bsl between(0, 1100)) + between(-2, 2));
        4 -> between(-(1 bsl 32), 1 bsl 32);
        5 -> Bits = 8 * rand:uniform(40), sign() * rand:uniform(1 bsl Bits)
    end.

float() ->
    case rand:uniform(6) of
        1 -> between(-300, 300) / 2;
        2 -> float_of(rand:uniform(1 bsl 64) - 1);
        3 -> float(between(-(1 bsl 65), 1 bsl 65));
        4 -> sign() * near(math:pow(2, between(0, 1020)));
        5 -> sign() * float_of(rand:uniform(1 bsl 52));
        6 -> sign() * pick([0.0, -0.0, 1.0, 2.0])
    end.

%% Infinity and what is no number have no float in Erlang.
float_of(Bits) ->
    case <<Bits:64>> of
        <<Float:64/float>> -> Float;
        _ -> float_of(Bits band bnot (1 bsl 62))
    end.

binary() ->
    Size = case rand:uniform(10) of 1 -> rand:uniform(300); _ -> rand:uniform(24) - 1 end,
    case rand:uniform(2) of
        1 -> rand:bytes(Size);
        2 -> << <<(pick([0, 1, $a, $b, 254, 255]))>> || _ <- lists:seq(1, Size) >>
    end.

%% What means something to this node only.
opaque() ->
    Held = {leaf(plain), leaf(plain)},
    case rand:uniform(7) of
        1 -> self();
        2 -> make_ref();
        3 -> Alias = alias(), unalias(Alias), Alias;
        4 -> hd(erlang:ports());
        5 -> fun erlang:halt/0;
        6 -> fun(Given) -> {Given, Held} end;
        7 -> list_to_pid("<0.1.8000>")
    end.

%% A term that differs from this one at one place, and there by little.
near(Term) when is_integer(Term) ->
    case rand:uniform(4) of
        1 -> Term + 1;
        2 -> Term - 1;
        3 -> -Term;
        4 -> try float(Term) catch error:badarg -> Term div 2 end
    end;
near(Term) when is_float(Term) ->
    <<Bits:64>> = <<Term/float>>,
    case rand:uniform(4) of
        1 -> float_of(Bits bxor 1);
        2 -> float_of((Bits + 1) band 16#FFFFFFFFFFFFFFFF);
        3 -> float_of(Bits bxor (1 bsl 63));
        4 -> trunc(Term)
    end;
near(Term) when is_bitstring(Term) ->
    case {rand:uniform(4), Term} of
        {1, <<First, Rest/bits>>} -> <<(First bxor rand:uniform(255)), Rest/bits>>;
        {2, <<_, Rest/bits>>} -> Rest;
        {3, _} -> <<Term/bits, 0:1>>;
        _ -> <<Term/bits, (rand:uniform(256) - 1)>>
    end;
near([]) -> leaf(plain);
near([Head | Tail]) ->
    case rand:uniform(6) of
        1 -> [Head | leaf(plain)];
        2 -> [leaf(plain), Head | Tail];
        3 -> [near(Head) | Tail];
        _ -> [Head | near(Tail)]
    end;
near({}) -> {leaf(plain)};
near(Term) when is_tuple(Term) ->
    Place = rand:uniform(tuple_size(Term)),
    case rand:uniform(8) of
        1 -> erlang:delete_element(Place, Term);
        2 -> erlang:insert_element(Place, Term, leaf(plain));
        _ -> setelement(Place, Term, near(element(Place, Term)))
    end;
near(Term) when is_map(Term), map_size(Term) > 0 ->
    Key = pick(list_to_tuple(maps:keys(Term))),
    case rand:uniform(4) of
        1 -> maps:remove(Key, Term);
        2 -> maps:put(near(Key), map_get(Key, Term), maps:remove(Key, Term));
        _ -> maps:update_with(Key, fun near/1, Term)
    end;
near(Term) when is_map(Term) -> #{leaf(plain) => leaf(plain)};
near(_) -> pick(persistent_term:get(atoms)).

pick(List) when is_list(List) -> lists:nth(rand:uniform(length(List)), List);
pick(Tuple) -> element(rand:uniform(tuple_size(Tuple)), Tuple).

one_in(Times) -> rand:uniform(Times) =:= 1.
between(Low, High) -> Low + rand:uniform(High - Low + 1) - 1.
sign() -> pick([1, -1]).
