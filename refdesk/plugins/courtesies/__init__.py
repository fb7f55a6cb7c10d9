"""Answers greetings, thanks and good-byes, which are no questions and never count as failures."""

from collections.abc import Sequence

from refdesk import Command, CommandCall, PluginContext, hookimpl

_GREETINGS = {
    "en": ("hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon",
           "good evening", "good day"),
    "zh": ("你好", "您好", "你好啊", "早上好", "上午好", "下午好", "晚上好", "在吗", "在么",
           "哈喽", "嗨"),
}  # fmt: skip
_OPENINGS = {
    "en": ("question", "a question", "i have a question", "can i ask a question",
           "can i ask something", "may i ask", "excuse me", "i want to ask", "quick question"),
    "zh": ("我想问", "我想问一下", "想问一下", "请问", "请问一下", "问一下", "我想咨询",
           "我想咨询一下", "咨询一下", "有个问题", "我有个问题", "有一个问题"),
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
        Command("courtesies.greeting", greet, _GREETINGS, opens=True),
        Command("courtesies.opening", listen, _OPENINGS, opens=True),
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


async def listen(_call: CommandCall, context: PluginContext) -> str:
    """Ask somebody who has announced a question to go on."""
    return context.translate("Please go on: what would you like to know?")


async def welcome(_call: CommandCall, context: PluginContext) -> str:
    """Accept thanks."""
    return context.translate("You are welcome. Is there anything else?")


async def take_leave(_call: CommandCall, context: PluginContext) -> str:
    """Say good-bye."""
    return context.translate("Good-bye, and come back any time.")
