export const text = {
  en: {
    title: 'API keys', lead: 'Clients authenticate with these keys. Give each client its own key, so that you can disable it separately.',
    create: 'Create keys', name: 'Name', key: 'Key', state: 'State', created: 'Created', usage: 'Requests, 14 days', successRate: 'Success',
    nameHint: 'For example the client or person that uses the key. Several keys are numbered.', count: 'Number of keys', invalidName: 'Enter a name of 1 to 100 characters.', invalidCount: 'Enter a number from 1 to 100.',
    made: { one: 'The key was created', other: '{n} keys were created' }, keepNow: 'Copy it now: it will not be shown again. To show keys later, set the variable encryption_key before you create them.',
    keepLater: 'You can show it again in this list.', rename: 'Rename', reveal: 'Show', renamed: 'Renamed', deleted: { one: 'The key was deleted', other: '{n} keys were deleted' },
    enabledDone: { one: 'The key was enabled', other: '{n} keys were enabled' }, disabledDone: { one: 'The key was disabled', other: '{n} keys were disabled' },
    deleteTitle: { one: 'Delete the key {name}?', other: 'Delete {n} keys?' }, deleteLost: 'Clients that use it are rejected immediately. This cannot be undone; past requests stay in the statistics.',
    empty: 'No API keys yet', emptyHint: 'Clients need a key to use the gateway.', globalKey: 'The key in the setting api_key is also valid.', select: 'Select {name}',
    searchLabel: 'Search names', nothingFound: 'No key matches this name.', more: 'Actions for {name}', unused: 'not used', spentToday: 'Spent today', spentMonth: '{amount} this month',
  },
  'zh-CN': {
    title: 'API 密钥', lead: '客户端使用这些密钥访问网关。建议为每个客户端单独创建密钥，以便分别停用。',
    create: '创建密钥', name: '名称', key: '密钥', state: '状态', created: '创建时间', usage: '近 14 天请求数', successRate: '成功率',
    nameHint: '例如使用该密钥的客户端或人员。创建多个密钥时会自动编号。', count: '数量', invalidName: '请输入 1 到 100 个字符的名称。', invalidCount: '请输入 1 到 100 之间的数字。',
    made: '已创建 {n} 个密钥', keepNow: '请立即复制，密钥不会再次显示。如果希望以后仍能查看，请在创建密钥前设置变量 encryption_key。',
    keepLater: '以后可以在此列表中再次查看。', rename: '重命名', reveal: '查看', renamed: '已重命名', deleted: '已删除 {n} 个密钥',
    enabledDone: '已启用 {n} 个密钥', disabledDone: '已停用 {n} 个密钥',
    deleteTitle: '要删除 {n} 个密钥吗（{name}）？', deleteLost: '使用该密钥的客户端会立即被拒绝。此操作无法撤销；历史请求仍保留在统计中。',
    empty: '还没有 API 密钥', emptyHint: '客户端需要密钥才能使用网关。', globalKey: '设置 api_key 中的密钥同样有效。', select: '选择 {name}',
    searchLabel: '搜索名称', nothingFound: '没有匹配的密钥。', more: '{name} 的操作', unused: '未使用', spentToday: '今日花费', spentMonth: '本月 {amount}',
  },
};
