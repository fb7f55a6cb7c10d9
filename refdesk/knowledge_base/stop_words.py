"""Which words carry no meaning of their own when an entry or a question is read?

English: the closed classes (articles, pronouns, auxiliaries, conjunctions, question words, the
prepositions without direction). Particles such as out, off, under stay, because "check out" is
not "check in". Courtesies are dropped from questions only; an entry may be about thanks.
"""

# Written as paragraphs (hence SIM905): 150 quoted lines would hide the groups.
ENGLISH = frozenset(
    """
    a an the and or but nor so yet if than then as at by for from in into of on onto to with within
    about is am are was were be been being do does did doing done have has had having can could
    will would shall should may might must ca wo don isn aren wasn weren doesn didn hasn haven
    couldn wouldn shouldn won
    i me my mine myself we us our ours you your yours he him his she her hers it its they them
    their theirs this that these those there here who whom whose which what when where why how
    not no any some such each both either neither other own same too very also just only all
    more most few s t m re ve ll d
    """.split()  # noqa: SIM905
)

COURTESIES = frozenset(
    """
    hi hello hey dear please thanks thank greetings
    want wants wanted wonder wondering know tell need
    """.split()  # noqa: SIM905
)

# Openings and endings of a Chinese question that say only that it is one.
CHINESE_COURTESIES = (
    "请问一下",
    "请问",
    "您好",
    "你好",
    "谢谢",
    "麻烦",
    "想问一下",
    "想问",
    "我想",
    "我要",
    "劳驾",
)

# Words that make a Chinese question one, whatever it is about. The ranking keeps them (dropping
# them costs a little on real questions); a judgement of likeness must not count them.
CHINESE_FUNCTION_WORDS = (
    "为什么", "怎么样", "怎么办", "怎么", "怎样", "如何", "什么", "哪里", "哪儿", "哪些", "哪个",
    "为何", "是否", "能否", "可否", "能不能", "可不可以", "有没有", "是不是", "可以", "一下",
    "多少", "想要", "需要", "要不要", "的", "了", "吗", "呢", "吧", "啊", "呀", "嘛", "我", "您",
    "你", "们", "是", "能", "会", "在", "和", "与", "有", "要", "想", "这", "那", "个",
)  # fmt: skip
