"""Lists of embedded records: their edits, and how two people's edits of one list come together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast, overload

from zohorm import merging, wire
from zohorm.errors import Conflict, InvalidValue, ReadOnlyField, Unsupported, WrongType

if TYPE_CHECKING:
    from zohorm.members import Listed
    from zohorm.record import Record
    from zohorm.session import Session

E = TypeVar("E", bound="Record")


class Lines(MutableSequence[E], Generic[E]):
    """The embedded records of one member, in order; edits wait here until the record is saved."""

    def __init__(
        self,
        member: Listed,
        received: object,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> None:
        self._member = member
        self._session = session
        self._fixed = fixed
        self._parents = parents or {}
        # Elements know their list by this token, not by a reference: a cycle through the record
        # would keep it, edits and all, in the identity map after its holder let go.
        self._token = object()
        self._received: list[E] = [self._element(row) for row in self._rows(received)]
        self._items = list(self._received)
        self._loaded = True

    def _rows(self, received: object) -> list[wire.Row]:
        if not self._member.single:
            return wire.rows_in(received)
        row = wire.row_in(received)
        return [row] if row else []

    def _element(self, row: wire.Row) -> E:
        element = self._member.element._placed(
            row, self._session, fixed=self._fixed, parents=self._parents
        )
        if not self._fixed:
            element._move_in(self._token, self._parents)
        return cast("E", element)  # The member's element class is E.

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_session": None}

    def __repr__(self) -> str:
        return f"<{len(self._items)} {self._member.element.__name__}>"

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[E]:
        return iter(list(self._items))

    @overload
    def __getitem__(self, index: int) -> E: ...
    @overload
    def __getitem__(self, index: slice) -> list[E]: ...
    def __getitem__(self, index: int | slice) -> E | list[E]:
        return self._items[index]

    @overload
    def __setitem__(self, index: int, value: E) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[E]) -> None: ...
    def __setitem__(self, index: int | slice, value: E | Iterable[E]) -> None:
        changed = list(self._items)
        if isinstance(index, slice):
            changed[index] = cast("Iterable[E]", value)
        else:
            changed[index] = cast("E", value)
        self.replace(changed)

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self._items)
        del kept[index]
        self.replace(kept)

    def insert(self, index: int, value: E) -> None:
        """Put a new element, or one of this list, before `index`."""
        changed = list(self._items)
        changed.insert(index, value)
        self.replace(changed)

    def add(self, **values: object) -> E:
        """Append a new element made of `values` and return it."""
        element = cast("E", self._member.element(**values))
        self.append(element)
        return element

    def replace(self, values: Iterable[E]) -> None:
        """Make `values` the members, in this order.

        Raises:
            WrongType: a value is no element of this list's class.
            InvalidValue: a value belongs to another list.
            Unsupported: a received element is left out though the service keeps what is left out.
        """
        wanted = list(values)
        if self._fixed:
            raise ReadOnlyField(f"{self._member!r} is computed by the service")
        for element in wanted:
            self._check(element)
        if not self._member.replaced and any(e not in wanted for e in self._received):
            raise Unsupported(
                f"the service keeps elements that {self._member!r} leaves out",
                advice="Clear the element's value instead.",
            )
        self._items = wanted
        for element in wanted:
            element._join(self._session)
            element._move_in(self._token, self._parents)

    def _check(self, element: object) -> None:
        if not isinstance(element, self._member.element):
            member, kind = self._member, self._member.element.__name__
            raise WrongType(
                f"{member.owner}.{member.name} takes {kind} objects, not {type(element).__name__}",
                advice=f"Make each by its members: {kind}(...)",
            )
        if not element._may_move_to(self._token):
            raise InvalidValue(
                f"this {type(element).__name__} belongs to another record",
                advice="Append its copy(): the copy has no id of its own yet.",
            )

    def only(self) -> E:
        """Return the one embedded record; an empty one where none was received."""
        if not self._items:
            blank = self._element({})
            self._received = self._items = [blank]
        return self._items[0]

    @property
    def is_changed(self) -> bool:
        """Whether an element was edited, added, removed or moved."""
        if len(self._items) != len(self._received):
            return True
        return any(
            mine is not received or mine.is_changed
            for mine, received in zip(self._items, self._received, strict=True)
        )

    @property
    def is_known(self) -> bool:
        """Whether the elements are loaded or edited, so that nothing need be fetched for them."""
        return self._loaded or self.is_changed

    def forget(self) -> None:
        """Drop the elements and their edits: the service has answered, and shows no such list."""
        self.adopt(None)
        self._loaded = False

    def unload(self) -> None:
        """Note that the record holds a row without this list by now.

        The elements stay, for whoever holds one may still edit it.
        """
        self._loaded = False

    def revert(self) -> None:
        """Drop every edit of the list and of its elements."""
        self._items = list(self._received)
        for element in self._items:
            element.revert()

    def keeps_old(self, received: object) -> bool:
        """Say whether the service's rows still show the old list, or an edited element's old value.

        Ask it of a changed list only.
        """
        if self._is_reshaped and self._as_received(self._rows(received)):
            return not self._is_shown_by(self._rows(received))
        rows = {self._id_of(row): row for row in self._rows(received)}
        edited = [element for element in self._received if element.is_changed]
        return any(
            element._keeps_any_old(rows[element._own_id])
            for element in edited
            if element._own_id in rows
        )

    @property
    def _is_reshaped(self) -> bool:
        return [id(mine) for mine in self._items] != [id(one) for one in self._received]

    def _is_shown_by(self, rows: list[wire.Row]) -> bool:
        return len(rows) == len(self._items) and all(
            element._shows(row, element._writable_payload())
            for element, row in zip(self._items, rows, strict=True)
        )

    def shows_received(self, received: object) -> bool:
        """Say whether the service's rows are those that this list was made from."""
        return self._as_received(self._rows(received))

    def join(self, session: Session | None) -> None:
        """Give the elements the session of the record that holds them."""
        self._session = self._session or session
        for element in self._items:
            element._join(session)

    def old(self) -> object:
        """Return the elements as received."""
        return self._shown([wire.thawed(element.raw) for element in self._received])

    def now(self) -> object:
        """Return the elements as edited, as Python values."""
        return self._shown([element.to_dict() for element in self._items])

    def _shown(self, values: list[object]) -> object:
        if self._member.single:
            return values[0] if values else {}
        return values

    def payload(self) -> object:
        """Return what `save()` sends: the whole list, or touched elements if the rest stays.

        Raises:
            InvalidValue: one element stands twice in the list.
        """
        if self._member.single:
            return self._items[0]._writable_payload() if self._items else {}
        if len({id(element) for element in self._items}) != len(self._items):
            raise InvalidValue(f"one element stands twice in {self._member!r}")
        if not self._member.replaced:
            touched = [e for e in self._items if e.is_changed or e not in self._received]
            return [self._member.touched_payload(element) for element in touched]
        return merging.numbered([element._writable_payload() for element in self._items])

    def adopt(self, received: object, parents: Mapping[str, str] | None = None) -> None:
        """Take the service's rows: elements keep their identity by id, new ones by position.

        `parents` are the ids above the elements, known at last when a new record was saved.
        """
        self._parents = parents or self._parents
        self._loaded = True
        rows = self._rows(received)
        if self._member.single and self._items and not rows:
            rows = [{}]  # Whoever holds the empty one may still fill it in.
        before = [*self._items, *self._received]
        known = {str(element._own_id): element for element in self._items if element._own_id}
        made = self._made_of([row for row in rows if (self._id_of(row) or "") not in known])
        adopted: list[E] = []
        for row in rows:
            element = known.get(self._id_of(row) or "") or made.get(id(row))
            if element is None:
                element = self._element(row)
            else:
                element._accept(row, self._session, self._parents)
            adopted.append(element)
        self._received = adopted
        self._items = list(adopted)
        for element in before:
            if not any(element is one for one in adopted):
                element._leave()

    def _made_of(self, rows: list[wire.Row]) -> dict[int, E]:
        """Return which element without id each row was made of: the one whose values it shows.

        The service may have changed a value, so what is left goes by position if all have a row.
        """
        waiting = [element for element in self._items if not element._own_id]
        made: dict[int, E] = {}
        for element in list(waiting):
            payload = element._writable_payload()
            row = next((r for r in rows if id(r) not in made and element._shows(r, payload)), None)
            if row is not None and payload:
                made[id(row)] = element
                waiting.remove(element)
        left = [row for row in rows if id(row) not in made]
        if len(left) == len(waiting):
            made.update({id(row): e for row, e in zip(left, waiting, strict=True)})
        return made

    def _id_of(self, row: wire.Row) -> str | None:
        return self._member.element._id_in(row)

    def rebase(self, received: object) -> None:
        """Put these edits on top of a fresh read of the list, so that a colleague's edits stay.

        Raises:
            Conflict: an element edited or removed here has changed or vanished there, or both
                sides put the elements into different orders.
        """
        theirs = self._rows(received)
        if self._member.single:
            self._rebase_single(theirs)
        elif not self._member.replaced:
            self._rebase_touched(theirs)
        elif self._has_ids(theirs):
            self._rebase_by_id(theirs)
        elif not self._as_received(theirs):
            raise self._conflict("the list has changed at the service", theirs)

    def _has_ids(self, theirs: list[wire.Row]) -> bool:
        return all(element._own_id for element in self._received) and all(
            self._id_of(row) for row in theirs
        )

    def _as_received(self, theirs: list[wire.Row]) -> bool:
        return len(theirs) == len(self._received) and not any(
            element._own_id != self._id_of(row) or element._differs(element._row, row)
            for element, row in zip(self._received, theirs, strict=True)
        )

    def _rebase_single(self, theirs: list[wire.Row]) -> None:
        row = theirs[0] if theirs else {}
        mine = self._items[0] if self._items else None
        base = self._received[0] if self._received else None
        if mine is not None and mine is base:
            if mine._edits_clash(row):
                raise self._conflict("a member edited here has changed at the service", theirs)
            mine._rebase_lists(row)
            mine._take(row)
        elif (base is None and row) or (base is not None and base._differs(base._row, row)):
            raise self._conflict("it has changed at the service", theirs)

    def _rebase_touched(self, theirs: list[wire.Row]) -> None:
        rows = {self._id_of(row): row for row in theirs}
        for element in self._received:
            row = rows.get(element._own_id)
            if element.is_changed and (row is None or element._edits_clash(row)):
                raise self._conflict("an element edited here has changed", theirs)

    def _rebase_by_id(self, theirs: list[wire.Row]) -> None:
        rows = {str(self._id_of(row)): row for row in theirs}
        kept = {str(element._own_id) for element in self._items if element._own_id}
        for element in self._received:
            row = rows.get(str(element._own_id))
            touched = element.is_changed or element._own_id not in kept
            vanished = row is None and element.is_changed and element._own_id in kept
            if vanished or (row is not None and touched and element._differs(element._row, row)):
                raise self._conflict(f"{element!r} has changed or vanished", theirs)
        try:
            order = merging.merged(
                [str(element._own_id) for element in self._received],
                [element._own_id or element for element in self._items],
                list(rows),
                kept,
            )
        except merging.OrdersClash:
            raise self._conflict("both sides have reordered the list", theirs) from None
        known = {str(element._own_id): element for element in self._items if element._own_id}
        merged = [
            known.get(token) or self._element(rows[token]) if isinstance(token, str) else token
            for token in order
        ]
        for token, row in rows.items():
            if token in known:
                known[token]._take(row)
        by_id = {str(element._own_id): element for element in merged if element._own_id}
        self._received = [by_id.get(token) or self._element(rows[token]) for token in rows]
        self._items = merged

    def _conflict(self, why: str, theirs: list[wire.Row]) -> Conflict:
        return Conflict(
            f"{self._member.owner}.{self._member.name}: {why}",
            advice="Look at error.mine and error.theirs; revert() and refresh(), then edit anew; "
            "save(check=False) overwrites.",
            mine={self._member.name: [element._writable_payload() for element in self._items]},
            theirs={self._member.name: wire.thawed(theirs)},
        )
