"""The demo models' own tokenizer: one token a character, one token an ability's marker."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from act_core.demo.tasks import TASKS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
_CHARACTERS = " \n" + string.digits + string.ascii_letters + string.punctuation + "äöüßÄÖÜ"


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Build the tokenizer; nothing is learnt, so it is always the same.

    Markers stand only at the front of a text, so that the word ``add`` elsewhere stays three
    letters. Text of other characters becomes ``<unk>``. A sequence begins with ``<s>``; an answer
    is ended by ``</s>``, which the caller appends.

    Returns:
        A tokenizer that `AutoTokenizer` loads again; pads on the left, for generation.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = (PAD, BOS, EOS, UNKNOWN, *TASKS, *_CHARACTERS)
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    pattern = rf"\A(?:{'|'.join(TASKS)})(?= )|(?m:.)|\n"
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A",
        pair=f"{BOS} $A $B",
        special_tokens=[(BOS, vocabulary[BOS])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=128,
        model_input_names=["input_ids", "attention_mask"],
    )
