"""The words that tell terms from what stands around them, for `nodes.keywords`."""

from __future__ import annotations

_CUTS = (
    "本文 本研究 研究 提出 采用 利用 通过 进行 基于 针对 根据 结果 表明 分析 探讨 讨论 介绍 论述 阐述 说明 "
    "认为 指出 发现 得出 给出 建立 构建 具有 存在 实现 提高 降低 增加 减少 改善 影响 作用 关系 问题 方法 方案 "
    "措施 对策 建议 目的 结论 背景 因此 由于 所以 但是 然而 并且 以及 或者 如果 可以 能够 应该 需要 必须 可能 "
    "已经 没有 不同 相同 主要 重要 一定 一种 这种 各种 有效 显著 明显 良好 较好 较高 较低 更加 非常 比较 其中 "
    "其他 同时 此外 之间 方面 过程 情况 条件 怎样 怎么 什么 如何 为何 为什么 的 了 是 在 和 与 及 或 而 并 等 "
    "对 从 向 为 以 于 由 被 把 将 其 此 该 这 那 也 都 就 又 还 很 更 最 较 中 上 下 内 后 前 们 所 我 你 他 "
    "她 它 不 个 些 例 月 日 使 让 着 到 若 但 因 如"
)
CUTS = frozenset(_CUTS.split())
"""Words at which a run of Chinese is cut: they stand around terms and not within them."""

_GENERAL = (
    "发展 技术 结构 控制 设计 系统 治疗 算法 变化 试验 实验 患者 检测 模型 基础 目标 世纪 改进 进展 形成 含量 "
    "确定 特点 效果 支持 测试 体系 材料 增强 体现 实施 方式 代表 特性 仿真 报告 综述 领域 运行 开发 求解 解决 "
    "特征 评述 建设 意义 理论 阶段 工作 观察 调查 数据 现状 应用 实践 探索 思考 启示 内容 功能 活动 社会 能力 "
    "条件 水平 质量 程度 状态 模式 优化 评价 模拟 计算 数值 稳定 分离 类型 原理 机制 机理 途径 策略 规律 性质 "
    "性能 参数 指标 因素 趋势 管理 资源"
)
GENERAL = frozenset(_GENERAL.split())
"""Words that are keywords of nothing in particular."""

_STOP = (
    "a an the of in on at to for from by with and or nor but as is are was were be been being this that these "
    "those it its we our you your they their he she his her which who whom whose what when where why how not "
    "no can may will shall should would could do does did has have had into than then there here also such "
    "very more most some any all each other between through during about over under up down out if so i my me "
    "us them one two three new using use used based see only just really however therefore please etc"
)
STOP = frozenset(_STOP.split())
"""English words that no term begins with, holds or ends with."""
