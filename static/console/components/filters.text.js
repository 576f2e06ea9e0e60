export const text = {
  en: {
    range: 'Time', anyTime: 'All time', '1h': 'Last hour', '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days', custom: 'Custom range', from: 'From', to: 'To', wrongRange: 'The end is before the start.',
    model: 'Model', anyModel: 'All models', key: 'Key', anyKey: 'All keys', deletedKey: 'deleted key #{id}', globalKey: 'global key (api_key)', account: 'Account', dropAccount: 'Remove the filter by account {name}',
  },
  'zh-CN': {
    range: '时间', anyTime: '全部时间', '1h': '近 1 小时', '24h': '近 24 小时', '7d': '近 7 天', '30d': '近 30 天', custom: '自定义范围', from: '开始时间', to: '结束时间', wrongRange: '结束时间早于开始时间。',
    model: '模型', anyModel: '全部模型', key: '密钥', anyKey: '全部密钥', deletedKey: '已删除的密钥 #{id}', globalKey: '全局密钥（api_key）', account: '账号', dropAccount: '移除账号筛选 {name}',
  },
};
