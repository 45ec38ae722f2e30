"""What `strongroom onboard` asks of an organization.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateOrganizationConfiguration.html
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_ListOrganizationAdminAccounts.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ActivateOrganizationsAccess.html
"""

import json

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.guardduty import urls as guardduty_urls
from moto.guardduty.models import Detector
from moto.guardduty.responses import GuardDutyResponse
from moto.kinesis.models import KinesisBackend, kinesis_backends
from moto.organizations.models import FakeDelegatedAdministrator
from moto.securityhub import urls as securityhub_urls
from moto.securityhub.responses import SecurityHubResponse

# Of organizations whose StackSets may reach their accounts, by management account.
stack_sets: set[str] = set()


def apply() -> None:
    let_config_be_administered()
    give_guardduty_its_organization()
    list_security_hubs_administrator()
    let_stack_sets_into_organizations()
    write_to_streams_of_others()


def let_config_be_administered() -> None:
    """moto lets nobody administer AWS Config itself."""
    FakeDelegatedAdministrator.SUPPORTED_SERVICES.append("config.amazonaws.com")


def give_guardduty_its_organization() -> None:
    """moto's detectors know nothing of the accounts of an organization."""

    def describe(self) -> str:
        detector = detector_of(self)
        return json.dumps(
            {
                "memberAccountLimitReached": False,
                "autoEnableOrganizationMembers": getattr(detector, "members", "NONE"),
                "features": getattr(detector, "organization_features", []),
            }
        )

    def update(self) -> str:
        detector = detector_of(self)
        detector.members = self._get_param("autoEnableOrganizationMembers")
        detector.organization_features = self._get_param("features") or []
        return "{}"

    GuardDutyResponse.describe_organization_configuration = describe
    GuardDutyResponse.update_organization_configuration = update
    guardduty_urls.url_paths["{0}/detector/(?P<detector_id>[^/]+)/admin$"] = GuardDutyResponse.dispatch


def detector_of(response: GuardDutyResponse) -> Detector:
    return response.guardduty_backend.detectors[response.path.split("/")[-2]]


def list_security_hubs_administrator() -> None:
    """moto takes an administrator and does not say who it is."""

    def administrators(self) -> str:
        account = self.securityhub_backend._get_org_config()["admin_account_id"]
        return json.dumps({"AdminAccounts": [] if account is None else [{"AccountId": account, "Status": "ENABLED"}]})

    SecurityHubResponse.list_organization_admin_accounts = administrators
    securityhub_urls.url_paths["{0}/organization/admin$"] = SecurityHubResponse.dispatch


def let_stack_sets_into_organizations() -> None:
    """moto has neither call."""

    def describe(self) -> ActionResult:
        return ActionResult({"Status": "ENABLED" if self.current_account in stack_sets else "DISABLED"})

    def activate(self) -> EmptyResult:
        stack_sets.add(self.current_account)
        return EmptyResult()

    CloudFormationResponse.describe_organizations_access = describe
    CloudFormationResponse.activate_organizations_access = activate


def write_to_streams_of_others() -> None:
    """moto looks for a stream in the caller's account, whatever account its ARN is of."""
    put = KinesisBackend.put_record

    def put_record(self, stream_arn, *rest):
        owner = stream_arn.split(":")[4] if stream_arn else self.account_id
        return put(kinesis_backends[owner][self.region_name], stream_arn, *rest)

    KinesisBackend.put_record = put_record
