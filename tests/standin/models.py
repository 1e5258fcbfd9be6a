"""What the service answers, as a team would write it for pydantic: optional values are null where there are none."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class Status(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class Identity(StrEnum):
    USER = "user"
    SERVICE_ACCOUNT = "service_account"


class LaunchConfiguration(BaseModel):
    vendor: Literal["LAUNCH"] = "LAUNCH"
    hyperparameters: dict[str, Any] | None = None
    wandb_config: dict[str, Any] | None = None
    suffix: str | None = None
    output: str | None = None


class LLMEngineConfiguration(BaseModel):
    vendor: Literal["LLMENGINE"] = "LLMENGINE"
    hyperparameters: dict[str, Any] | None = None
    wandb_config: dict[str, Any] | None = None
    suffix: str | None = None
    output: str | None = None


class OpenAIConfiguration(BaseModel):
    vendor: Literal["OPENAI"] = "OPENAI"
    hyperparameters: dict[str, Any] | None = None
    suffix: str | None = None


VendorConfiguration = Annotated[
    LaunchConfiguration | LLMEngineConfiguration | OpenAIConfiguration, Field(discriminator="vendor")
]


class FineTuningJob(BaseModel):
    id: str
    account_id: str
    created_at: datetime
    created_by_user_id: str
    created_by_identity_type: Identity
    status: Status
    training_dataset_id: str
    base_model_id: str | None = None
    fine_tuned_model_id: str | None = None
    validation_dataset_id: str | None = None
    vendor_configuration: VendorConfiguration | None = None


class Page(BaseModel):
    items: list[FineTuningJob]
    current_page: int
    items_per_page: int
    total_item_count: int
