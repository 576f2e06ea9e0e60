// What a key of xAI's API has spent, its daily budget, and its models.
export const text = {
  en: {
    spending: 'Spending', today: 'today', month: 'month', spentToday: 'Today', spentMonth: 'This month', budget: 'Daily budget', change: 'Change', held: 'Held for running answers',
    hint: 'xAI charges for each answer. Days and months are those of the gateway’s time zone.', models: 'Models', modelsHint: 'Clients name them with xai/ in front.', noModels: 'Not read yet. Test the key to read its models.',
  },
  'zh-CN': {
    spending: '花费', today: '今日', month: '本月', spentToday: '今日', spentMonth: '本月', budget: '每日预算', change: '更改', held: '为进行中的回答预留',
    hint: 'xAI 按每次回答收费。日期和月份以网关所在时区为准。', models: '模型', modelsHint: '客户端使用时需加上前缀 xai/。', noModels: '尚未读取。测试此密钥即可读取其模型。',
  },
};
