"""What of a record is loaded so far, and when the rest is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from zohorm import wire
from zohorm.changes import NOT_RECEIVED
from zohorm.errors import Conflict, NotDetached, NotLoaded, UsageError
from zohorm.loads import FREE, Loads
from zohorm.located import Located

if TYPE_CHECKING:
    from zohorm.session import Session


class Stored(Located):
    """The part of a model that fetches what is not loaded."""

    __slots__ = ()

    @property
    def is_whole(self) -> bool:
        """Whether every member is loaded, so that no read costs a call."""
        return self._whole or self._id is None

    def _meet(self, row: wire.Row, *, whole: bool, loads: Loads | None = None) -> None:
        """Take in a row that another call has brought; unsaved edits stay.

        A list row that agrees with a whole record leaves it whole. One that disagrees is newer:
        the rest of the old row is then no longer true, so it counts as not loaded, and `loads`
        counts the fetch of it.
        """
        was_whole = self._whole
        if row is self._row or (was_whole and not whole and not self._disagree(self._row, row)):
            self._stand(loads, whole or was_whole)
        elif whole:
            # The row first: who reads meanwhile must not take what is not there yet for None.
            self._take(row)
            self._stand(loads, True)
        else:
            self._stand(loads, False)
            self._take(row)

    def _stand(self, loads: Loads | None, whole: bool) -> None:
        held = self._standing
        if held.loads is not loads or held.whole is not whole:
            self._standing = held._replace(loads=loads, whole=whole)

    @classmethod
    def _disagree(cls, older: wire.Row, newer: wire.Row) -> bool:
        """Say whether two rows of one record hold another value of any declared member."""
        return any(
            name in older and not field.same(older[name], newer[name])
            for name, field in cls._values.items()
            if name in newer
        )

    def _absent(self, name: str, access: str) -> wire.Wire:
        """Fetch the record once for a declared member that the received row lacks."""
        if self._whole:
            return self._row.get(name)  # It may have become whole a moment ago.
        if self._id is None or access == "write-only":
            return None
        self._load(name)
        return self._row.get(name)

    def _load(self, name: str) -> None:
        self._refuse_if_gone()
        if "get" not in self._facts.operations:
            # Some records are listed and never shown alone: their list row is all there is.
            if self._loads is FREE:
                raise NotLoaded(
                    f"{type(self).__name__}.{name} is not loaded, and the service shows these "
                    "records in lists alone",
                    advice="iterate() gives it anew",
                )
            return
        session = self._needed_session()
        if session.rows.held((type(self), self.id)) is None:
            if self._loads is not None:
                self._loads.note(f"{type(self).__name__}.{name}")
            elif session.settings.lazy_limit == 0:
                raise NotLoaded(
                    f"{type(self).__name__}.{name} is not loaded and lazy_limit is 0",
                    advice="refresh() fetches the record",
                )
        row = session.whole_row(type(self), self.id, self._path_ids())
        self._meet(row, whole=True)

    def _not_held(self, name: str) -> Exception:
        if self._whole or self._id is None:
            return super()._not_held(name)
        return NotLoaded(
            f"{self!r} is loaded in part, without {name!r}",
            advice="refresh() fetches the whole record",
        )

    @contextmanager
    def _writing(self, session: Session) -> Iterator[Callable[[], int | None]]:
        """Note a write of this record around the block; see `Writes.noting`.

        Done or in doubt: it may have moved rows of its kind, and changed what the service computes
        of the records above it, as a payment does the balance of its invoice.
        """
        may_be_done = True
        try:
            with session.writes.noting() as fresh_since:
                yield fresh_since
        except UsageError:
            may_be_done = False  # No call was made.
            raise
        finally:
            if may_be_done:
                session.watches.note(type(self))
                for record in session.identity.held(self._parents.values()):
                    if record is not self:
                        record._unload_computed()

    def _unload(self) -> None:
        """Let nothing but its ids count as loaded: an action may have changed any other member.

        Unsaved edits stay. Of a record that is shown in lists alone, so that it cannot be loaded
        again, only what the service computes is dropped.
        """
        if "get" in self._facts.operations:
            self._keep(())
        else:
            self._unload_computed()

    def _unload_computed(self) -> None:
        """Drop what the service computes: a write below has changed it in a way only it knows.

        So are lists of records that are written below, as the persons of a contact are. What
        people set stays, and so do unsaved edits.
        """
        lists = (n for n, each in self._lists.items() if not issubclass(each.element, Stored))
        self._keep([*lists, *filter(self._is_writable, self._values)])

    def _keep(self, names: Iterable[str]) -> None:
        # In a list of all refunds the row alone says which credit note a refund is below.
        kept = {self._id_name, self._facts.parent, *names}
        # First that it is in part: who reads meanwhile must not take what is gone for None.
        self._stand(FREE, False)
        self._take({name: value for name, value in self._row.items() if name in kept})

    def refresh(self) -> Self:
        """Fetch the record anew, past every cache; unsaved edits stay. One call; returns itself.

        It says that you have looked: an action without an answer may be called again.

        Raises:
            NotFound: the record is gone.
            NotSaved: the record was never saved.
        """
        self._read_anew()
        self._needed_session().doubts.forget(self.id)
        return self

    def _read_anew(self) -> None:
        """Do as `refresh()`, but nobody has looked: what is in doubt stays so."""
        self._refuse_if_gone()
        identifier = self.id
        session = self._needed_session()
        moment = session.writes.moment
        row = session.fresh_row(type(self), identifier, self._path_ids())
        session.rows.keep((type(self), identifier), row, moment)
        self._meet(row, whole=True)

    def _attach_to(self, session: Session) -> None:
        """Take `session`, as `session.attach(record)` asks.

        Raises:
            NotDetached: the record has a session, or another object of it is held.
        """
        if self._session is not None:
            raise NotDetached(f"{self!r} belongs to a session already")
        if self._id is not None:
            known = session.identity.table(type(self))
            held = known.find(self._id)
            if held is not None and held is not self:
                raise NotDetached(
                    f"another object of {self!r} is held{', with edits' * held.is_changed}, "
                    "and within a block or thread there is one object of an id",
                    advice="Let go of that one first, or use it",
                )
            known.add(self._id, self)
        self._detached_from = None
        self._join(session)

    @classmethod
    def _placed(
        cls,
        row: wire.Row,
        session: Session | None,
        *,
        fixed: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the one object of the record whose row stands inside another record's."""
        if session is None or fixed or cls._id_in(row) is None:
            return cls._received(row, session, fixed=fixed, parents=parents)
        return session.record(cls, row, parents=parents)

    def _move_in(self, list_token: object, parents: Mapping[str, str]) -> None:
        """Note the list that this record lives in, and the ids above it if they are not known."""
        super()._move_in(list_token, parents)
        if not self._parents:
            self._parents = parents

    def _leave(self) -> None:
        """Stay editable: the record has endpoints of its own."""
        self._home = None

    def _accept(self, row: wire.Row, session: Session | None, parents: Mapping[str, str]) -> None:
        """Take the id, too: the record that holds this one has saved it."""
        super()._accept(row, session, parents)
        self._parents = self._parents or parents
        if self._id is None:
            self._id = self._id_in(row)
            if self._id is not None and self._session is not None:
                self._session.identity.table(type(self)).add(self._id, self)

    def _plain_conflict(self, theirs: wire.Row) -> Conflict:
        names = [name for name, edit in self._edits.items() if edit.base is not NOT_RECEIVED]
        return Conflict(
            f"{self!r} has changed at the service under an unsaved edit",
            advice="Look at error.mine and error.theirs; revert() and refresh(), then edit anew; "
            "save(check=False) overwrites",
            mine={name: self._edits[name].value for name in names},
            theirs={name: wire.thawed(theirs.get(name)) for name in names},
        )
