// The daily budget of an account or an API key, and the dialog that changes it.
export const text = {
  en: {
    title: 'Daily budget', titleOf: 'Daily budget of {name}', titleOfMany: { one: 'Daily budget of {n} entry', other: 'Daily budget of {n} entries' },
    amount: 'US dollars a day', amountHint: 'Empty: no limit. 0: spends nothing. The day ends at midnight in the time zone of the gateway.',
    reached_account: 'When the budget is reached, the gateway does not use this xAI key until then.', reached_key: 'It limits what this key spends at xAI’s API. When it is reached, only Grok accounts answer requests with this key until then.',
    wrong: 'Enter an amount from 0 to 100,000 with at most 6 decimals, or leave the field empty.', saved: { one: 'The daily budget was changed', other: '{n} daily budgets were changed' },
    none: 'no limit', ofBudget: 'of {budget}',
  },
  'zh-CN': {
    title: '每日预算', titleOf: '{name} 的每日预算', titleOfMany: '{n} 个条目的每日预算',
    amount: '每天的金额（美元）', amountHint: '留空则不限，0 表示不花费任何金额。每天的预算在网关所在时区的零点重新计算。',
    reached_account: '达到预算后，网关在零点之前不再使用此 xAI 密钥。', reached_key: '限制此密钥在 xAI API 上的花费。达到预算后，在零点之前仅由 Grok 账号回答使用此密钥的请求。',
    wrong: '请输入 0 到 100,000 之间的金额，最多 6 位小数；或将其留空。', saved: '已更改 {n} 项每日预算',
    none: '不限', ofBudget: '/ {budget}',
  },
};
