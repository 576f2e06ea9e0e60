// Refreshing all tokens, and what was found of each.
export const text = {
  en: {
    refreshAll: 'Refresh all', running: 'Refreshing all tokens', progress: '{current} of {total}', counts: '{success} fine, {failed} not', left: 'about {time} left',
    stays: 'It goes on while the console is open.', cancel: 'Cancel', cancelling: 'Cancelled: what was under way is still counted.', done: 'All tokens were refreshed {time}', cancelled: 'The refresh was cancelled {time}', idle: 'Not yet refreshed',
    details: 'Results', dismiss: 'Hide this result', trouble: 'The progress cannot be had right now; trying again. {reason}', nothing: 'There is no token to refresh.',
    results: 'Results by token', resultsTitle: 'Results of the refresh', outcomes: 'Results by outcome', ok: 'Fine', expired: 'Expired', failed: 'Failed', waiting: 'Waiting', found: '{n} left', foundHeavy: '{n} left, heavy {heavy}', none: 'No token with this result.', loadMore: 'Show more',
  },
  'zh-CN': {
    refreshAll: '全部刷新', running: '正在刷新全部 Token', progress: '{current} / {total}', counts: '成功 {success}，失败 {failed}', left: '预计还需 {time}',
    stays: '控制台打开期间会持续进行。', cancel: '取消', cancelling: '已取消：正在查询的仍会计入。', done: '全部 Token 已刷新（{time}）', cancelled: '刷新已取消（{time}）', idle: '尚未刷新',
    details: '查看结果', dismiss: '隐藏此结果', trouble: '暂时无法获取进度，正在重试。{reason}', nothing: '没有可刷新的 Token。',
    results: '每个 Token 的结果', resultsTitle: '刷新结果', outcomes: '按结果统计', ok: '正常', expired: '失效', failed: '失败', waiting: '等待中', found: '剩余 {n}', foundHeavy: '剩余 {n}，Heavy {heavy}', none: '没有此结果的 Token。', loadMore: '显示更多',
  },
};
