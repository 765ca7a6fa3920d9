from django.apps import AppConfig

from kernel.permissions import register
from onboarding.permissions import POLICY


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = "单位开通"

    def ready(self) -> None:
        register(POLICY)
