"""Every named error of the federation: one class a reason, with its HTTP status and its words.

An error carries its data; the sentence is made when it is shown, in the reader's language. The web and the
API turn it into an RFC 9457 problem (`problem`), the command line prints `message` and exits with
`exit_code` (2 the command was not understood, 3 the other side is away, 4 it refused us, 5 what was given is
wrong, 1 anything else).

Each module has the errors of one kind; all of them are imported from here.
"""

from shared.errors.base import PROBLEM_TYPE as PROBLEM_TYPE
from shared.errors.base import CommonsError as CommonsError
from shared.errors.base import FieldError as FieldError
from shared.errors.callers import CsrfFailed as CsrfFailed
from shared.errors.callers import Forbidden as Forbidden
from shared.errors.callers import KeyRevoked as KeyRevoked
from shared.errors.callers import KeyUnknown as KeyUnknown
from shared.errors.callers import NotYours as NotYours
from shared.errors.callers import OwnInstitution as OwnInstitution
from shared.errors.callers import SignatureExpired as SignatureExpired
from shared.errors.callers import SignatureFromFuture as SignatureFromFuture
from shared.errors.callers import SignatureInvalid as SignatureInvalid
from shared.errors.callers import SignatureMissing as SignatureMissing
from shared.errors.callers import SignatureReplayed as SignatureReplayed
from shared.errors.callers import SignInFailed as SignInFailed
from shared.errors.callers import SignInRequired as SignInRequired
from shared.errors.callers import TokenExpired as TokenExpired
from shared.errors.callers import TokenInvalid as TokenInvalid
from shared.errors.callers import TokenUsed as TokenUsed
from shared.errors.carried import BagAltered as BagAltered
from shared.errors.carried import BagFetches as BagFetches
from shared.errors.carried import BagIncomplete as BagIncomplete
from shared.errors.carried import BagNotPlain as BagNotPlain
from shared.errors.carried import BagPathUnsafe as BagPathUnsafe
from shared.errors.carried import BagTooLarge as BagTooLarge
from shared.errors.carried import BagUnexpected as BagUnexpected
from shared.errors.carried import BagUnreadable as BagUnreadable
from shared.errors.carried import FileAltered as FileAltered
from shared.errors.carried import FileUnwritable as FileUnwritable
from shared.errors.carried import FolderNotEmpty as FolderNotEmpty
from shared.errors.carried import NotABag as NotABag
from shared.errors.carried import NotAddressed as NotAddressed
from shared.errors.carried import ReceiptGap as ReceiptGap
from shared.errors.carried import WrongHub as WrongHub
from shared.errors.given import BatchTooLarge as BatchTooLarge
from shared.errors.given import ChecklistIncomplete as ChecklistIncomplete
from shared.errors.given import DescriptionUnreadable as DescriptionUnreadable
from shared.errors.given import FileChanged as FileChanged
from shared.errors.given import FileTooLarge as FileTooLarge
from shared.errors.given import FileUnreadable as FileUnreadable
from shared.errors.given import ImportUnreadable as ImportUnreadable
from shared.errors.given import InvalidEncoding as InvalidEncoding
from shared.errors.given import InvalidJson as InvalidJson
from shared.errors.given import InvalidRecord as InvalidRecord
from shared.errors.given import InvalidRequest as InvalidRequest
from shared.errors.given import NotCanonical as NotCanonical
from shared.errors.given import ReasonMissing as ReasonMissing
from shared.errors.given import RecordTooLarge as RecordTooLarge
from shared.errors.given import TooDeep as TooDeep
from shared.errors.given import UnsupportedMediaType as UnsupportedMediaType
from shared.errors.hub import AddressUnusable as AddressUnusable
from shared.errors.hub import DatabaseAway as DatabaseAway
from shared.errors.hub import DataFolderForeign as DataFolderForeign
from shared.errors.hub import DataFolderInUse as DataFolderInUse
from shared.errors.hub import HubPortTaken as HubPortTaken
from shared.errors.hub import IndexNotRebuilt as IndexNotRebuilt
from shared.errors.hub import InvalidSettings as InvalidSettings
from shared.errors.hub import NotMigrated as NotMigrated
from shared.errors.hub import StoreNotStarted as StoreNotStarted
from shared.errors.later import BeingRestored as BeingRestored
from shared.errors.later import DatabaseBusy as DatabaseBusy
from shared.errors.later import FileWithheld as FileWithheld
from shared.errors.later import HubAway as HubAway
from shared.errors.later import HubNotFound as HubNotFound
from shared.errors.later import HubRefused as HubRefused
from shared.errors.later import InternalError as InternalError
from shared.errors.later import StoreAway as StoreAway
from shared.errors.later import Throttled as Throttled
from shared.errors.later import TooManyAtOnce as TooManyAtOnce
from shared.errors.node import AlreadyJoined as AlreadyJoined
from shared.errors.node import DatabaseDamaged as DatabaseDamaged
from shared.errors.node import DiskFull as DiskFull
from shared.errors.node import InvalidHubAddress as InvalidHubAddress
from shared.errors.node import InvalidUsage as InvalidUsage
from shared.errors.node import KeyExposed as KeyExposed
from shared.errors.node import KeyLocked as KeyLocked
from shared.errors.node import NotInitialised as NotInitialised
from shared.errors.node import NotJoined as NotJoined
from shared.errors.node import NotWritable as NotWritable
from shared.errors.node import OutputFailed as OutputFailed
from shared.errors.node import PortTaken as PortTaken
from shared.errors.node import RoundInterrupted as RoundInterrupted
from shared.errors.node import RoundUnderWay as RoundUnderWay
from shared.errors.node import SystemFault as SystemFault
from shared.errors.node import UnknownState as UnknownState
from shared.errors.standing import AlreadyExists as AlreadyExists
from shared.errors.standing import AlreadyWithdrawn as AlreadyWithdrawn
from shared.errors.standing import FileNotDeclared as FileNotDeclared
from shared.errors.standing import Gone as Gone
from shared.errors.standing import MassWithdrawal as MassWithdrawal
from shared.errors.standing import MethodNotAllowed as MethodNotAllowed
from shared.errors.standing import MoveNotAllowed as MoveNotAllowed
from shared.errors.standing import NotFound as NotFound
from shared.errors.standing import NotLatest as NotLatest
from shared.errors.standing import ProtocolUnknown as ProtocolUnknown
from shared.errors.standing import RecordConflict as RecordConflict
from shared.errors.standing import UploadClosed as UploadClosed
from shared.errors.standing import UploadIncomplete as UploadIncomplete
