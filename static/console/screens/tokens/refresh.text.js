// Refreshing all accounts, and the result for each.
export const text = {
  en: {
    refreshAll: 'Refresh all', running: 'Refreshing all accounts', progress: '{current} of {total}', counts: '{success} succeeded, {failed} failed', left: 'about {time} left',
    stays: 'It continues while the console is open.', cancel: 'Cancel', cancelling: 'Cancelled. Checks that already started are still counted.', done: 'All accounts were refreshed {time}', cancelled: 'The refresh was cancelled {time}', idle: 'Not refreshed yet',
    details: 'Results', dismiss: 'Hide this result', trouble: 'The progress is unavailable; trying again. {reason}', nothing: 'There are no accounts to refresh.',
    results: 'Results by account', resultsTitle: 'Refresh results', outcomes: 'Results by outcome', ok: 'Successful', expired: 'Expired', failed: 'Failed', waiting: 'Waiting', none: 'No account with this result.', loadMore: 'Show more',
  },
  'zh-CN': {
    refreshAll: '全部刷新', running: '正在刷新全部账号', progress: '{current} / {total}', counts: '成功 {success}，失败 {failed}', left: '预计还需 {time}',
    stays: '控制台打开期间会继续进行。', cancel: '取消', cancelling: '已取消。已开始的查询仍会计入结果。', done: '已刷新全部账号（{time}）', cancelled: '刷新已取消（{time}）', idle: '尚未刷新',
    details: '查看结果', dismiss: '隐藏此结果', trouble: '暂时无法获取进度，正在重试。{reason}', nothing: '没有可刷新的账号。',
    results: '各账号的结果', resultsTitle: '刷新结果', outcomes: '按结果统计', ok: '成功', expired: '已失效', failed: '失败', waiting: '等待中', none: '没有此类结果的账号。', loadMore: '显示更多',
  },
};
