"""The language of a text, and None where a guess would be one."""

from __future__ import annotations

import pytest

from index import languages
from index.errors import IndexStateError
from index.languages import READ, detected

TEXTS = {
    "en": "The council of the harbour town met on Monday and agreed to pay for the new bell.",
    "es": "El ayuntamiento del puerto se reunió el lunes y acordó pagar la nueva campana del faro.",
    "fr": "Le conseil de la ville s'est réuni lundi et a décidé de payer la nouvelle cloche.",
    "de": "Der Rat der Stadt trat am Montag zusammen und beschloss, die Glocke zu bezahlen.",
    "pt": "A câmara da cidade reuniu-se na segunda-feira e decidiu pagar o novo sino do porto.",
    "it": "Il consiglio della città si è riunito lunedì e ha deciso di pagare la nuova campana.",
    "ar": "اجتمع مجلس المدينة يوم الاثنين وقرر أن يدفع ثمن الجرس الجديد في الميناء قبل الشتاء",
    "zh": "港口城市的议会星期一开会，决定支付新钟的费用。渔民们说旧钟在冬天的风暴中破裂了，"
    "从那以后再也没有人听到过它的声音，船只在雾中迷失了方向。",
    "ru": "Совет портового города собрался в понедельник и решил заплатить за новый колокол.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_the_language_of_a_sentence(language: str, text: str) -> None:
    assert detected(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Le conseil de la ville s'est réuni lundi.",
        " \n" * 500 + "The bell rang.",
        "1204 338 51 77 90 12 " * 20,
        "a81f0c92e77b" * 30,
        TEXTS["en"] * 3 + TEXTS["es"] * 3 + TEXTS["de"] * 3,
    ],
)
def test_a_short_text_figures_or_a_mixture_have_no_language(text: str) -> None:
    assert detected(text) is None


def test_only_the_beginning_is_read() -> None:
    english = (TEXTS["en"] + " ") * (READ // len(TEXTS["en"]) + 1)
    assert detected(english + TEXTS["ru"] * 1000) == "en"


def test_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "MODEL_SHA256", "0" * 64)
    languages._identifier.cache_clear()
    with pytest.raises(IndexStateError, match="SHA-256"):
        detected(TEXTS["en"])
