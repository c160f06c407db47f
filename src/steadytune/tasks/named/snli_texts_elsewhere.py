"""Sentences of SNLI's validation rows that stand in other tasks too, as digests.

Short sentences stand in CoLA, and STS-B has captions from the same collection of photographs.
"""

from __future__ import annotations

_DIGESTS = """
0064f7b6 00fc7c23 057c25a1 0c5d48b8 188d72b9 1aa65f3f 1cf667bc 203fc9bf 22d6584c 23952832
23c9c83f 255df2e5 26e5bd6a 2b919698 310c99d6 31353f20 31a4a697 344374be 3b8b4c85 3f8f55c8
40ce154a 40d0b5c1 41591c2e 498daf98 4ac223f9 4cf5bbbd 5347628b 53b3927b 57b478b3 58d0434a
5917c6fd 5e16dcef 61d18302 62b974c1 63ae91af 691a40a5 6cf661f0 70e3c074 736e0030 7a62043c
7d909a7a 7db35822 7fb9dd93 80352e55 82160d4b 839b3bd6 8676fd31 8715b041 91e6a13a 92420258
99f3090a 9b683aa8 9cd32eaa 9f121c4b 9f1bcf83 a168f943 a1a2e109 a21d1bd8 a23da1d9 ab782561
ac301452 aed17d38 b35b0377 b8ea9ba9 bc5e8948 beff9ebf c249d765 c90d7346 ca80bc54 cd153838
cdbbd070 cef48d2b d277c466 d75efccc da9d2e50 e02275f2 e2a81aed e37daa6b e986989f ed6eccbf
ef266c9a f434159d f45d29f6 f7492445 f776763f f795a1b1 ffb7909e
"""

TEXTS_ELSEWHERE = frozenset(_DIGESTS.split())
"""`text_digest` of every sentence that stands in cola, mrpc, stsb, sst2 or squad too."""
