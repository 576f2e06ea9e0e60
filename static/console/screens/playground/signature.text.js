export const text = {
  en: {
    marked: '{name} (no x_statsig_id)', toSettings: 'Open settings',
    missing: 'This model cannot work now: Grok wants a signature for it, and the setting x_statsig_id is empty.',
    stale: 'Grok refused the signature in x_statsig_id at the last request of this model: it is out of date. Enter a new value, then send again.',
  },
  'zh-CN': {
    marked: '{name}（未设置 x_statsig_id）', toSettings: '打开设置',
    missing: '此模型目前无法使用：Grok 要求提供签名，但尚未设置 x_statsig_id。',
    stale: '此模型上次请求时，Grok 拒绝了 x_statsig_id 中的签名：该值已过期。请填写新值，然后重新发送。',
  },
};
