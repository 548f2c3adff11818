"""Actions: documented calls on a record or a class beside reading, saving and deleting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar, Unpack

from zohorm import arguments, envelope, wire
from zohorm.doubts import Key
from zohorm.errors import InvalidValue, MalformedReply, OutcomeUnknown, UsageError
from zohorm.resource import Operation, Resource
from zohorm.saving import Savable

if TYPE_CHECKING:
    from zohorm.connection import Answer, Call
    from zohorm.downloads import Download, FileTarget, Progress, SavedFile
    from zohorm.session import Session
    from zohorm.stored import Stored
    from zohorm.uploads import Files

S = TypeVar("S", bound="Stored")
Values = Mapping[str, object]
_AS_IT_IS = {"Accept-Encoding": "identity"}
"""Asks for a file without compression, so that its length is known."""


class Given(TypedDict, total=False):
    """What a generated method gives to its call.

    `ids` fill the path beside the record's own; the others leave out what is None. `fields` are
    plain parts of a form, beside its `files`; `most` says how many texts the query may list.
    `alone` sends the one part of `body` by itself: a list.
    `takes` names the kind of each argument, `needs` those that may not be None. `again` makes a
    call that is in doubt.
    """

    ids: Mapping[str, str]
    query: Values
    body: Values
    alone: bool
    fields: Values
    most: Mapping[str, int]
    takes: Mapping[str, str]
    needs: tuple[str, ...]
    again: bool
    files: Files


class Acting(Savable):
    """The part of a model that its generated methods call."""

    __slots__ = ()

    def _act(self, operation: Operation, **given: Unpack[Given]) -> None:
        """Send an action; nothing of the record but its id is loaded afterwards."""
        self._sent(operation, given)

    def _act_data(self, operation: Operation, **given: Unpack[Given]) -> Mapping[str, object]:
        """Send an action and return the answer's members beside code and message."""
        return envelope.data_of(self._sent(operation, given)[1])

    def _act_bytes(
        self,
        operation: Operation,
        *,
        to: FileTarget | None = None,
        progress: Progress | None = None,
        **given: Unpack[Given],
    ) -> bytes | SavedFile:
        """Send an action and return the file that it answers, or where it was saved.

        Raises:
            MalformedReply: the answer is JSON where a file is due.
        """

        def send(sink: Download) -> tuple[Call, Answer]:
            return self._sent(operation, given, sink)

        return _received(send, to, progress, self._needed_session())

    def _act_record(self, operation: Operation, **given: Unpack[Given]) -> Self:
        """Send an action and return the record that it answers: this one, or one that it made."""
        call, answer = self._sent(operation, given)
        row = _row(self._needed_session(), answer, self._facts, call)
        if self._id_in(row) == self.id:
            self._meet(row, whole=False)  # Such answers show less than a record asked for.
            return self
        return self._needed_session().record(type(self), row, parents=self._ids_above())

    def _act_other(self, model: type[S], operation: Operation, **given: Unpack[Given]) -> S:
        """Send an action and return the record of another model that it answers."""
        call, answer = self._sent(operation, given)
        above: dict[str, str] | None = None
        if self._facts.id is not None and model.facts().parent == self._facts.id:
            above = {**self._ids_above(), self._facts.id: self.id}  # A child of this one.
        return _other(model, self._needed_session(), call, answer, above)

    def _act_maybe_other(
        self, model: type[S], operation: Operation, **given: Unpack[Given]
    ) -> S | None:
        """Send an action and return the record of another model, None where it made none."""
        call, answer = self._sent(operation, given)
        if not (answer.body or {}).get(model.facts().key):
            return None
        return _other(model, self._needed_session(), call, answer)

    def _sent(
        self, operation: Operation, given: Given, sink: Download | None = None
    ) -> tuple[Call, Answer]:
        self._refuse_if_gone()
        identifier = self.id
        session = self._needed_session()
        path_ids = {**self._path_ids(), **given.get("ids", {})}
        if operation.method == "GET":
            return _send(session, operation, path_ids, given, sink)
        may_be_done = True
        try:
            with self._writing(session):
                return _send(session, operation, path_ids, given, sink, of_record=True)
        except UsageError:
            may_be_done = False  # No call was made.
            raise
        except OutcomeUnknown as error:
            error.advice = "refresh() the record and look before you call it with again=True"
            raise
        finally:
            if may_be_done:
                self._unload()
                session.rows.forget((type(self), identifier))

    @classmethod
    def _act_all(cls, operation: Operation, **given: Unpack[Given]) -> None:
        """Send an action of the whole collection."""
        cls._sent_of_class(operation, given)

    @classmethod
    def _act_all_data(cls, operation: Operation, **given: Unpack[Given]) -> Mapping[str, object]:
        """Send an action of the whole collection and return the answer's members."""
        return envelope.data_of(cls._sent_of_class(operation, given)[2])

    @classmethod
    def _act_all_bytes(
        cls,
        operation: Operation,
        *,
        to: FileTarget | None = None,
        progress: Progress | None = None,
        **given: Unpack[Given],
    ) -> bytes | SavedFile:
        """Send an action of the whole collection and return the file that it answers."""

        def send(sink: Download) -> tuple[Call, Answer]:
            _, call, answer = cls._sent_of_class(operation, given, sink)
            return call, answer

        return _received(send, to, progress, cls._session_now())

    @classmethod
    def _act_all_record(cls, operation: Operation, **given: Unpack[Given]) -> Self:
        """Send an action of the whole collection and return the record that it answers."""
        session, call, answer = cls._sent_of_class(operation, given)
        row = _row(session, answer, cls.facts(), call)
        return session.record(cls._unbound(), row, whole=True)

    @classmethod
    def _act_all_other(cls, model: type[S], operation: Operation, **given: Unpack[Given]) -> S:
        """Send an action of the whole collection, return the record of another model it answers."""
        return _other(model, *cls._sent_of_class(operation, given))

    @classmethod
    def _act_all_rows(cls, operation: Operation, **given: Unpack[Given]) -> list[Self]:
        """Send an action of the whole collection and return the records that it lists."""
        session, call, answer = cls._sent_of_class(operation, given)
        rows = envelope.rows_of(answer, cls.facts(), call)
        return [session.record(cls._unbound(), row, whole=False) for row in rows]

    @classmethod
    def _sent_of_class(
        cls, operation: Operation, given: Given, sink: Download | None = None
    ) -> tuple[Session, Call, Answer]:
        session = cls._session_now()
        path_ids = given.get("ids", {})
        if operation.method == "GET":
            return (session, *_send(session, operation, path_ids, given, sink))
        try:
            with session.writes.noting():
                return (session, *_send(session, operation, path_ids, given, sink))
        except OutcomeUnknown as error:
            error.advice = "Look at the records before you call it with again=True"
            raise
        finally:
            session.watches.note(cls._unbound(), many=True)


def _other(
    model: type[S],
    session: Session,
    call: Call,
    answer: Answer,
    above: Mapping[str, str] | None = None,
) -> S:
    if call.writes:
        session.watches.note(model)
    return session.record(model, _row(session, answer, model.facts(), call), parents=above)


def _row(session: Session, answer: Answer, facts: Resource, call: Call) -> wire.Row:
    """Return the row of the record that a call has answered.

    Raises:
        MalformedReply: it shows none, though the call was carried out; then it is in doubt.
    """
    try:
        return envelope.row_of(answer, facts, call)
    except MalformedReply as error:
        if not call.repeatable:
            session.doubts.note(call.method, call.path)
            error.maybe_done = True
        raise


def _send(
    session: Session,
    operation: Operation,
    ids: Mapping[str, str],
    given: Given,
    sink: Download | None,
    *,
    of_record: bool = False,
) -> tuple[Call, Answer]:
    """Send an action; one on a record is in doubt whatever it was given, others as they were."""
    takes, files = given.get("takes", {}), given.get("files", {})
    query, parts = given.get("query", {}), given.get("body", {})
    beside = given.get("fields", {})
    arguments.require({**query, **parts, **beside, **files}, takes, given.get("needs", ()))
    sent: object = arguments.checked(parts, takes) or None
    if isinstance(sent, Mapping) and given.get("alone"):
        [sent] = sent.values()
    listed = _listed(arguments.checked(query, takes), given.get("most", {}))
    parameters = wire.arguments(listed)
    key: Key | None = None
    if not operation.repeatable:
        told = None if of_record else (tuple(parameters), wire.encode(sent), *sorted(files))
        key = (operation.method, operation.filled(ids), told)
    doubts = session.doubts.minding(key, again=given.get("again", False))
    named = set(_texts([given.get("ids"), dict(parameters), sent]))
    changing = _changing(session, named if operation.method != "GET" else ())
    if all(source is None for source in files.values()) and "fields" not in given:
        headers = None if sink is None else _AS_IT_IS
        with changing, doubts:
            return session.call(
                operation, ids, query=parameters, body=sent, headers=headers, sink=sink
            )
    from zohorm import uploads  # Models are imported without what sends files.

    with uploads.opened(operation, files) as opened:
        form = opened.body(sent, arguments.checked(beside, takes))
        with changing, doubts:
            return session.call(operation, ids, query=parameters, body=form, headers=form.headers)


@contextmanager
def _changing(session: Session, named: Iterable[str]) -> Iterator[None]:
    """Let the records that a call names be read anew after it: it may have changed them."""
    may_be_done = True  # Without an answer, too.
    try:
        yield
    except UsageError:
        may_be_done = False  # No call was made.
        raise
    finally:
        if may_be_done:
            for record in session.identity.held(named):
                record._unload()


def _texts(sent: object) -> Iterator[str]:
    """Give the texts in what is sent, those between commas each for itself."""
    if isinstance(sent, str):
        yield from sent.split(",")
    elif isinstance(sent, Mapping | list | tuple):
        for held in sent.values() if isinstance(sent, Mapping) else sent:
            yield from _texts(held)


def _listed(query: Values, most: Mapping[str, int]) -> Values:
    """Return the query; what it lists is counted, for the service may leave out the rest.

    Raises:
        InvalidValue: a list is empty, too long, or commas in it would part what is one.
    """
    checked = dict(query)
    for name, listed in query.items():
        if isinstance(listed, str | bytes) or not isinstance(listed, Iterable):
            continue
        checked[name] = found = list(listed)
        if not found:
            # Nobody says what a call does that names no record: nothing, or something to all.
            raise InvalidValue(f"{name} takes one at least")
        if len(found) > most.get(name, len(found)):
            raise InvalidValue(
                f"{name} takes at most {most[name]} in a call, not {len(found)}",
                advice="Make several calls",
            )
        if any(isinstance(each, str) and "," in each for each in found):
            raise InvalidValue(f"{name} takes texts without commas, which part them on the way")
    return checked


def _received(
    send: Callable[[Download], tuple[Call, Answer]],
    to: FileTarget | None,
    progress: Progress | None,
    session: Session,
) -> bytes | SavedFile:
    """Return the file that a call answers, or what is known of it once it is saved."""
    from zohorm import downloads  # As above.

    memory = BytesIO()
    most_bytes = session.settings.max_reply_bytes if to is None else None
    target = memory if to is None else to
    with downloads.saving_to(target, progress, most_bytes) as (download, path):
        call, answer = send(download)
        if answer.body is not None:
            raise envelope.malformed(answer, call, "the service answered JSON where a file is due")
        download.complete(answer)
    return memory.getvalue() if to is None else download.saved(path)
