"""presidio-analyzer: the text so far is analysed at each chunk; it has no streaming of its own.

python presidio.py spacy: a blank spaCy pipeline, its default engine without a model to download.
python presidio.py none: the engine that does nothing, for recognizers that need no words.
"""

from __future__ import annotations

import sys

import spacy
from loop import Engine, serve
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine, SpacyNlpEngine

MODELS = [{"lang_code": "en", "model_name": "none"}]


class BlankSpacy(SpacyNlpEngine):
    """spaCy's tokens and nothing else; a real model costs more."""

    def load(self):
        self.nlp = {"en": spacy.blank("en")}


class Accumulated(Engine):
    """`AnalyzerEngine.analyze(text so far)` with one pattern recognizer for each expression."""

    packages = ("presidio-analyzer", "spacy")
    words: type = BlankSpacy

    def __init__(self, rules):
        recognizers = [
            PatternRecognizer(supported_entity=type_, patterns=[Pattern(type_, expression, 0.9)])
            for type_, expression in rules
        ]
        words = self.words(models=MODELS)
        words.load()
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=recognizers),
            nlp_engine=words,
            supported_languages=["en"],
        )

    def work(self, chunks):
        text, results = "", []
        for chunk in chunks:
            text += chunk
            results.append(self._analyzer.analyze(text, language="en"))
        return results

    def told(self, results):
        return {"covered": [[(one.start, one.end) for one in found] for found in results]}


class WithoutWords(Accumulated):
    """The same without any tokens."""

    words = NoOpNlpEngine


if __name__ == "__main__":
    serve({"spacy": Accumulated, "none": WithoutWords}[sys.argv[1]])
