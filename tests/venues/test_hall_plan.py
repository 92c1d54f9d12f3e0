"""The drawing of a hall: its pieces in a row, one frame round each unbroken run of a space's own."""

from venues import hall_plan


def test_pieces_share_the_width_and_carry_their_names():
    plan = hall_plan.draw({0, 1, 2}, {1}, {0: "A", 1: "B"})

    assert [piece.name for piece in plan.pieces] == ["A", "B", ""]
    assert [piece.is_mine for piece in plan.pieces] == [False, True, False]
    assert {piece.width for piece in plan.pieces} == {156.7}


def test_neighbours_have_one_frame_and_distant_pieces_one_each():
    together = hall_plan.draw({0, 1, 2}, {0, 1}, {})
    apart = hall_plan.draw({0, 1, 2}, {0, 2}, {})

    assert len(together.runs) == 1
    assert len(apart.runs) == 2


def test_the_whole_hall_is_called_whole():
    plan = hall_plan.draw({3, 4}, {3, 4}, {})

    assert plan.is_whole
    assert (plan.mine, plan.total) == (2, 2)


def test_a_hall_of_one_piece_has_nothing_to_draw():
    assert hall_plan.draw({0}, {0}, {}) is None
