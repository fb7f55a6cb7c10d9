"""Answers greetings, thanks and good-byes, which are no questions and never count as failures."""

from collections.abc import Sequence

from refdesk import Command, CommandCall, PluginContext, hookimpl

_GREETINGS = {
    "en": ("hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon",
           "good evening", "good day"),
    "zh": ("你好", "您好", "你好啊", "早上好", "上午好", "下午好", "晚上好", "在吗", "在么",
           "哈喽", "嗨"),
}  # fmt: skip
_THANKS = {
    "en": ("thanks", "thank you", "thx", "ty", "thanks a lot", "thank you very much",
           "many thanks", "ok thanks", "great thanks", "perfect thanks"),
    "zh": ("谢谢", "谢谢你", "谢谢您", "多谢", "非常感谢", "感谢", "好的谢谢", "谢了", "谢谢啦"),
}  # fmt: skip
_FAREWELLS = {
    "en": ("bye", "goodbye", "good bye", "bye bye", "see you"),
    "zh": ("再见", "拜拜", "回见"),
}


@hookimpl
def register_commands() -> Sequence[Command]:
    """Bring the words of courtesy in both languages."""
    return [
        Command("courtesies.greeting", greet, _GREETINGS),
        Command("courtesies.thanks", welcome, _THANKS),
        Command("courtesies.farewell", take_leave, _FAREWELLS),
    ]


async def greet(_call: CommandCall, context: PluginContext) -> str:
    """Greet back, say honestly who speaks, and ask for the question."""
    return context.translate(
        "Hello! I am the automatic assistant of {library}. What would you like to know? "
        "Type “librarian” at any time to reach a person.",
        library=context.library_name,
    )


async def welcome(_call: CommandCall, context: PluginContext) -> str:
    """Accept thanks."""
    return context.translate("You are welcome. Is there anything else?")


async def take_leave(_call: CommandCall, context: PluginContext) -> str:
    """Say good-bye."""
    return context.translate("Good-bye, and come back any time.")
