"""Active-record objects for the Zoho Finance suite: sessions, records, queries and their errors.

The models of a product live in its package: `from zohorm.books import Invoice`.
"""

import typing

from zohorm import fields, importing
from zohorm.changes import Change
from zohorm.clock import Clock, ManualClock, SystemClock
from zohorm.errors import (
    AuthError,
    Conflict,
    CoordinatorAway,
    DayLimit,
    Deleted,
    Duplicate,
    FilterIgnored,
    InFlightLimit,
    InvalidId,
    InvalidValue,
    LimitError,
    MalformedReply,
    ManyLoads,
    MinuteLimit,
    MissingSetting,
    NotApplied,
    NotAuthorized,
    NotBound,
    NotDetached,
    NotFound,
    NotLoaded,
    NotPicklable,
    NotSaved,
    NotSingle,
    OutcomeUnknown,
    ReadOnlyField,
    ReadOnlySession,
    RefreshRefused,
    RefreshThrottled,
    ReplyError,
    ServerError,
    SessionClosed,
    Timeout,
    TooLate,
    TransportError,
    UnknownField,
    UnknownFilter,
    UnknownRegion,
    UnknownSetting,
    Unreachable,
    Unsettled,
    Unsupported,
    UsageError,
    ValidationError,
    WrongOrganization,
    WrongRegion,
    WrongType,
    ZohoError,
    ZohoWarning,
)
from zohorm.model import Embedded, Model, Operation, SaveResult

if typing.TYPE_CHECKING:
    from zohorm.calls import Answer
    from zohorm.children import Collection
    from zohorm.coordinating import Coordinator
    from zohorm.counting import CallCount
    from zohorm.custom import CustomFields
    from zohorm.downloads import SavedFile
    from zohorm.events import CallEvent, RequestEvent, ResponseEvent, RetryEvent, WaitEvent
    from zohorm.generic import GenericModel
    from zohorm.lines import Lines
    from zohorm.pages import Page
    from zohorm.products import (
        ZohoBilling,
        ZohoBooks,
        ZohoCheckout,
        ZohoExpense,
        ZohoInventory,
        ZohoInvoice,
        ZohoSubscriptions,
    )
    from zohorm.query import Query
    from zohorm.refresh import Token
    from zohorm.regions import REGIONS, Region
    from zohorm.session import Session
    from zohorm.settings import Settings
    from zohorm.throttle import Quota, Throttle
    from zohorm.token import LockingTokenStore, TokenStore
    from zohorm.transport import Transport
    from zohorm.uploads import File
else:
    # What sends calls is loaded with the first session; a program that only names models, as a
    # worker's module does at its top, need not wait for it.
    __getattr__, __dir__ = importing.later(
        __name__,
        {
            "zohorm.calls": ("Answer",),
            "zohorm.children": ("Collection",),
            "zohorm.coordinating": ("Coordinator",),
            "zohorm.counting": ("CallCount",),
            "zohorm.custom": ("CustomFields",),
            "zohorm.downloads": ("SavedFile",),
            "zohorm.events": (
                "CallEvent",
                "RequestEvent",
                "ResponseEvent",
                "RetryEvent",
                "WaitEvent",
            ),
            "zohorm.generic": ("GenericModel",),
            "zohorm.lines": ("Lines",),
            "zohorm.pages": ("Page",),
            "zohorm.products": (
                "ZohoBilling",
                "ZohoBooks",
                "ZohoCheckout",
                "ZohoExpense",
                "ZohoInventory",
                "ZohoInvoice",
                "ZohoSubscriptions",
            ),
            "zohorm.query": ("Query",),
            "zohorm.refresh": ("Token",),
            "zohorm.regions": ("REGIONS", "Region"),
            "zohorm.session": ("Session",),
            "zohorm.settings": ("Settings",),
            "zohorm.throttle": ("Quota", "Throttle"),
            "zohorm.token": ("LockingTokenStore", "TokenStore"),
            "zohorm.transport": ("Transport",),
            "zohorm.uploads": ("File",),
        },
    )

__all__ = [
    "Answer",
    "AuthError",
    "CallCount",
    "CallEvent",
    "Change",
    "Clock",
    "Collection",
    "Conflict",
    "Coordinator",
    "CoordinatorAway",
    "CustomFields",
    "DayLimit",
    "Deleted",
    "Duplicate",
    "Embedded",
    "File",
    "FilterIgnored",
    "GenericModel",
    "InFlightLimit",
    "InvalidId",
    "InvalidValue",
    "LimitError",
    "Lines",
    "LockingTokenStore",
    "MalformedReply",
    "ManualClock",
    "ManyLoads",
    "MinuteLimit",
    "MissingSetting",
    "Model",
    "NotApplied",
    "NotAuthorized",
    "NotBound",
    "NotDetached",
    "NotFound",
    "NotLoaded",
    "NotPicklable",
    "NotSaved",
    "NotSingle",
    "Operation",
    "OutcomeUnknown",
    "Page",
    "Query",
    "Quota",
    "REGIONS",
    "ReadOnlyField",
    "ReadOnlySession",
    "RefreshRefused",
    "RefreshThrottled",
    "Region",
    "ReplyError",
    "RequestEvent",
    "ResponseEvent",
    "RetryEvent",
    "SaveResult",
    "SavedFile",
    "ServerError",
    "Session",
    "SessionClosed",
    "Settings",
    "SystemClock",
    "Throttle",
    "Timeout",
    "Token",
    "TokenStore",
    "TooLate",
    "Transport",
    "TransportError",
    "UnknownField",
    "UnknownFilter",
    "UnknownRegion",
    "UnknownSetting",
    "Unreachable",
    "Unsettled",
    "Unsupported",
    "UsageError",
    "ValidationError",
    "WaitEvent",
    "WrongOrganization",
    "WrongRegion",
    "WrongType",
    "ZohoBilling",
    "ZohoBooks",
    "ZohoCheckout",
    "ZohoError",
    "ZohoExpense",
    "ZohoInventory",
    "ZohoInvoice",
    "ZohoSubscriptions",
    "ZohoWarning",
    "fields",
]
