"""Actions: documented calls on a record or a class beside reading, saving and deleting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self, TypeVar

from zohorm import envelope, wire
from zohorm.errors import MalformedReply, OutcomeUnknown, UsageError
from zohorm.resource import Operation
from zohorm.saving import Savable

if TYPE_CHECKING:
    from zohorm.connection import Answer, Call
    from zohorm.session import Session
    from zohorm.stored import Stored

S = TypeVar("S", bound="Stored")
Values = Mapping[str, object]


class Acting(Savable):
    """The part of a model that its generated methods call.

    `ids` fill the path beside the record's own, `query` and `body` leave out what is None.
    """

    __slots__ = ()

    def _act(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> None:
        """Send an action; what the service computes is not loaded afterwards."""
        self._sent(operation, ids, query, body)

    def _act_data(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> Mapping[str, object]:
        """Send an action and return the answer's members beside code and message."""
        return envelope.data_of(self._sent(operation, ids, query, body)[1])

    def _act_bytes(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> bytes:
        """Send an action and return the file that it answers.

        Raises:
            MalformedReply: the answer is JSON where a file is due.
        """
        return _file(*self._sent(operation, ids, query, body))

    def _act_record(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> Self:
        """Send an action and return the record that it answers: this one, or one that it made."""
        call, answer = self._sent(operation, ids, query, body)
        row = envelope.row_of(answer, self._facts, call)
        if self.id_in(row) == self.id:
            self.meet(row, whole=False)  # Such answers show less than a record asked for.
            return self
        return self._needed_session().record(type(self), row, parents=self.ids_above())

    def _act_other(
        self,
        model: type[S],
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> S:
        """Send an action and return the record of another model that it answers."""
        call, answer = self._sent(operation, ids, query, body)
        return _other(model, self._needed_session(), call, answer)

    def _sent(
        self,
        operation: Operation,
        ids: Mapping[str, str] | None,
        query: Values | None,
        body: object,
    ) -> tuple[Call, Answer]:
        self._refuse_if_gone()
        identifier = self.id
        session = self._needed_session()
        path_ids = {**self._path_ids(), **(ids or {})}
        if operation.method == "GET":
            return _send(session, operation, path_ids, query, body)
        may_be_done = True
        try:
            with session.writes.noting():
                return _send(session, operation, path_ids, query, body)
        except UsageError:
            may_be_done = False  # No call was made.
            raise
        except OutcomeUnknown as error:
            error.advice = "refresh() the record and look before you call again"
            raise
        finally:
            # Done or in doubt: what the service computes may be another by now.
            if may_be_done:
                self._unload_computed()
                session.rows.forget((type(self), identifier))
                session.watches.note(type(self))

    @classmethod
    def _act_all(
        cls,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> None:
        """Send an action of the whole collection."""
        cls._sent_of_class(operation, ids, query, body)

    @classmethod
    def _act_all_data(
        cls,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> Mapping[str, object]:
        """Send an action of the whole collection and return the answer's members."""
        return envelope.data_of(cls._sent_of_class(operation, ids, query, body)[2])

    @classmethod
    def _act_all_bytes(
        cls,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> bytes:
        """Send an action of the whole collection and return the file that it answers."""
        _, call, answer = cls._sent_of_class(operation, ids, query, body)
        return _file(call, answer)

    @classmethod
    def _act_all_record(
        cls,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> Self:
        """Send an action of the whole collection and return the record that it answers."""
        session, call, answer = cls._sent_of_class(operation, ids, query, body)
        row = envelope.row_of(answer, cls.facts(), call)
        return session.record(cls._unbound(), row, whole=True)

    @classmethod
    def _act_all_other(
        cls,
        model: type[S],
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> S:
        """Send an action of the whole collection, return the record of another model it answers."""
        return _other(model, *cls._sent_of_class(operation, ids, query, body))

    @classmethod
    def _act_all_rows(
        cls,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        query: Values | None = None,
        body: object = None,
    ) -> list[Self]:
        """Send an action of the whole collection and return the records that it lists."""
        session, call, answer = cls._sent_of_class(operation, ids, query, body)
        rows = envelope.rows_of(answer, cls.facts(), call)
        return [session.record(cls._unbound(), row, whole=False) for row in rows]

    @classmethod
    def _sent_of_class(
        cls,
        operation: Operation,
        ids: Mapping[str, str] | None,
        query: Values | None,
        body: object,
    ) -> tuple[Session, Call, Answer]:
        session = cls._session_now()
        if operation.method == "GET":
            return (session, *_send(session, operation, ids or {}, query, body))
        try:
            with session.writes.noting():
                return (session, *_send(session, operation, ids or {}, query, body))
        except OutcomeUnknown as error:
            error.advice = "Look at the records before you call again"
            raise
        finally:
            session.watches.note(cls._unbound(), many=True)


def _other(model: type[S], session: Session, call: Call, answer: Answer) -> S:
    if call.writes:
        session.watches.note(model)
    return session.record(model, envelope.row_of(answer, model.facts(), call))


def _send(
    session: Session,
    operation: Operation,
    ids: Mapping[str, str],
    query: Values | None,
    body: object,
) -> tuple[Call, Answer]:
    sent = body
    if isinstance(body, Mapping):
        sent = {
            name: wire.argument(value) for name, value in body.items() if value is not None
        } or None
    elif body is not None:
        sent = wire.argument(body)
    return session.call(operation, ids, query=wire.arguments(query or {}), body=sent)


def _file(call: Call, answer: Answer) -> bytes:
    if answer.body is not None:
        raise MalformedReply(
            "the service answered JSON where a file is due",
            method=call.method,
            path=call.path,
            status=answer.status,
            attempts=answer.attempts,
        )
    return answer.content
