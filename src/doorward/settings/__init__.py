"""What an operator decides, from everywhere he may say it."""

from doorward.settings.load import SettingsError, load
from doorward.settings.model import PROFILES, Settings, profile_names

__all__ = ["PROFILES", "Settings", "SettingsError", "load", "profile_names"]
