%% Random keys and patterns of few different parts, so that they often match.
-module(keys).

-export([key/0, pattern/1]).

%% The parts of a key.
key() -> [part(2) || _ <- lists:seq(1, rand:uniform(4))].

part(Depth) when Depth > 0 ->
    Children = fun(Most) -> [part(Depth - 1) || _ <- lists:seq(1, rand:uniform(Most + 1) - 1)] end,
    case rand:uniform(8) of
        1 -> list_to_tuple(Children(3));
        2 -> Children(3);
        3 -> Children(2) ++ part(0);
        4 -> maps:from_list([{part(Depth - 1), part(Depth - 1)} || _ <- Children(3)]);
        _ -> part(0)
    end;
part(0) ->
    %% Before OTP 27 a variable takes 0.0 and -0.0 for the same, which we do not: no zeros here.
    terms:pick({a, b, nil, user, '_', '$1', '$01', '$', 1, 2, 1.0, -1, 1 bsl 64, <<>>, <<"a">>, <<"b">>, <<1:1>>, "a", [], {}, #{}}).

%% A pattern made of a key by putting holes into it, and sometimes changing it too.
pattern(Key) ->
    Base = case terms:one_in(4) of true -> key(); false -> Key end,
    case {rand:uniform(30), Base} of
        {1, _} -> hole();
        {2, [Part]} -> bare(dig(Part));
        {3, _} -> dig([Part || Part <- Base] ++ hole());
        {4, _} -> dig(key() ++ terms:pick({b, 1, {}}));
        {N, [_ | Rest]} when N < 9, Rest =/= [] ->
            {Kept, _} = lists:split(rand:uniform(length(Rest)), Base),
            dig(Kept) ++ hole();
        _ -> dig(Base)
    end.

%% A part that stands for itself only where it is no list; nil is no key.
bare(Part) when is_list(Part); Part =:= nil -> [Part];
bare(Part) -> Part.

dig([]) -> [];
dig([Head | Tail]) -> [dig_part(Head) | dig(Tail)];
dig(Tail) -> Tail.

dig_part(Part) ->
    case rand:uniform(5) of
        1 -> hole();
        2 -> Part;
        _ -> dig_inside(Part)
    end.

dig_inside(Part) when is_tuple(Part) -> list_to_tuple(dig(tuple_to_list(Part)));
dig_inside([Head | Tail]) ->
    case rand:uniform(4) of
        1 -> [dig_part(Head) | hole()];
        2 -> [dig_part(Head) | Tail];
        _ -> [dig_part(Head) | dig_inside(Tail)]
    end;
dig_inside(Part) when is_map(Part) ->
    Kept = maps:filter(fun(_, _) -> not terms:one_in(3) end, Part),
    Dug = maps:map(fun(_, Value) -> dig_part(Value) end, Kept),
    case terms:one_in(20) of
        true -> Dug#{terms:pick({hole(), {hole()}, #{a => hole()}}) => 1};
        false -> Dug
    end;
dig_inside(Part) -> Part.

hole() -> terms:pick({'_', '_', '$1', '$1', '$2', '$0', '$17'}).
