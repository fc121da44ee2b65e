"""The configuration of an experiment: validated once, then frozen."""

from volest.config.load import dump_config, load_config, load_recorded_config
from volest.config.schema import Config

__all__ = ["Config", "dump_config", "load_config", "load_recorded_config"]
