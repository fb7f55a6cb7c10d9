"""With which words do people ask about opening hours?

A question counts as one about hours when nothing is left of it once these words, the names of
places and the days are taken out. That is why "open access journals" is none: "access journals"
is left. So a word belongs to `FILLERS` only if it can never turn the question into another one.
"""

from refdesk.core.dates.words import any_of

# Not about hours although each word could be.
OTHER_MEANINGS = any_of("open (?:day|days|evening|evenings|night|nights|week|house|shelf|shelves)")

# What hours are called. A text without one of these is not looked at any further.
HOURS = any_of(
    "hours, opening times?, open times?, opening and closing times?, "
    "opening (?:schedule|timetable|timings), "
    "(?:opening|open|business|working|operating|service) hours, "
    "hours of (?:operation|opening|service)",
    "(?:开放|开馆|开门|营业|服务|工作|作息|开闭馆|开关门)时[间段]表? 时间表 作息 "
    "(?:怎么|如何)(?:开放|安排)",
)
CLOSING_TIME = any_of("closing (?:times?|hours?)", "(?:关门|闭馆|关馆|下班)时间")
CLOSING = any_of("close, closes, closing, shut, shuts", "关门 关馆 闭馆 关闭 下班 打烊 关(?!于)")
OPENING = any_of(
    "open, opens, opening, opened, reopen, reopens", "开门 开馆 开放 营业 上班 开着 开"
)
CLOSED = any_of("closed", "休馆 中午休息 午休")
# "When is the vacation?" is not about the library; with a day these words are.
DAY_OFF = any_of(chinese="休息 放不放假 放假")
UNTIL = any_of(
    "how late, how long, (?:un)?till? (?:when|what time), up to what time",
    "到几点钟? 到什么时候 到多晚 到何时 到啥时候 最晚",
)
WHEN = any_of(
    "when, what times?, which times?, how early, since when, from when, from what time",
    "几点钟? 什么时候 什么时间 何时 啥时候 多会儿 最早",
)
BEING = any_of("is, are, be")
REALLY_ASKING = any_of("is, are, r, be, remain, stay, whether", "吗 么 没 不 呢 嘛 是否 能否 着")
NOW = any_of(
    "now, rn, right now, just now, currently, at the moment, at present, at this time, still, "
    "already, yet",
    "现在 目前 此刻 当前 这会儿? 这个?时候 眼下 还 已经 正在",
)
# Before dates are read, which "24/7" looks like.
AROUND_THE_CLOCK = any_of(
    "24/7, 24h, 24 hours, 24 hours a day, around the clock, all night", "24小时 通宵"
)
ALL_DAYS = any_of(
    "7 days a week, every ?day, each day, daily, normal, regular, usual, standard, normally, "
    "usually, what days, which days, days of the week, weekly",
    "每天 每日 天天 平时 平常 通常 一般 一周 一个?星期 哪几天 哪些天",
)
HOLIDAYS = any_of(
    "(?:(?:public|bank|national) )?holidays?, holiday season, special hours",
    "法定节假日 节假日 节日 假日 假期 长假 放假期间",
)
SELF = any_of(
    "library, libraries, lib, library building, building, doors",
    "学校图书馆 你们图书馆 图书馆 本馆 贵馆 我馆 馆里 馆",
)
JOINING = any_of("and, or, as well as, both", "和 与 跟 或者? 还是 以及 及 、 ,")
EVENING = any_of("tonight, afternoon, evening, night", "晚 夜 下午 傍晚")
FILLERS = any_of(
    "do, does, did, will, would, shall, should, can, could, you, u, ya, guys, your, we, it, its, "
    "they, the, a, an, there, at, on, in, of, for, to, by, from, until, till, between, after, "
    "before, during, over, around, through, about, if, please, pls, plz, hi, hello, hey, dear, "
    "good (?:morning|afternoon|evening|day), thanks?(?: you)?(?: (?:so|very) much)?, "
    "many thanks, is, are, r, sir, madam, librarian, excuse me, sorry, ok, okay, why, what, "
    "which, be, this, that, these, late, early, where can i (?:find|see), how about, tell me, "
    "let me know, give me, show me, know, do you know, "
    "i (?:want|need|would like|like|wish|d like) to know, (?:may|can|could) i (?:ask|know), "
    "i (?:was |am )?wondering, i wonder, just wondering, (?:i have )?a (?:quick )?question, "
    "quick question, all day, the whole day, full day, also, just, exactly, actually, then, any, "
    "mornings?, afternoons?, evenings?, nights?, lunch ?time, to the public, for the public, "
    "public, current, going to, gonna, times?, us",
    "请问一下 请问 问一下 问下 想问 问问 问 你好 您好 老师好? 同学 他们 你们 您们 咱们? 我们 您 "
    "你 我 想 知道 了解 查询 查一下 查 看一下 告诉 一下 麻烦 谢谢 多谢 感谢 辛苦 打扰 不好意思 "
    "吗 呢 呀 啊 么 嘛 吧 哦 哈 哟 诶 喂 嗨 是 的 了 着 在 有 没 不 都 也 就 能 可以 可 要 又 再 "
    "那 会不会 会(?=\0|正|照|不|有|在|全) 到 从 至 时间 时候 时段 什么 哪些 哪个 关于 是否 能否 "
    "可否 期间 当天 那天 这天 全天 整天 一整天 一直 照常 正常 几天 怎样的 怎么样 什么样 "
    "(?<![要需请])求 具体 准确 大概 大约 的话 如果 安排 上午 下午 中午 晚上 早上 早晨 傍晚 夜里 "
    "夜间 晚间 凌晨 白天 半夜 对外 入馆 进馆 今年 为什么 为何",
)
