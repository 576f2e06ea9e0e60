export const text = {
  en: {
    title: 'API keys', lead: 'Clients send one of these as their key. Give each client its own, so that it can be switched off alone.',
    create: 'Create keys', name: 'Name', key: 'Key', state: 'State', created: 'Created', usage: 'Requests, 14 days', successRate: 'Success',
    nameHint: 'For instance the client or the person that uses it. Several keys get a number behind it.', count: 'How many', invalidName: 'Give a name of 1 to 100 characters.', invalidCount: 'From 1 to 100.',
    made: { one: 'The key is made', other: '{n} keys are made' }, keepNow: 'Copy it now: it will not be shown again. To keep keys readable, set the variable encryption_key before you make them.',
    keepLater: 'It can be shown again in this list.', rename: 'Rename', reveal: 'Show', renamed: 'Renamed', deleted: { one: 'The key was deleted', other: '{n} keys were deleted' },
    enabledDone: { one: 'The key was enabled', other: '{n} keys were enabled' }, disabledDone: { one: 'The key was disabled', other: '{n} keys were disabled' },
    deleteTitle: { one: 'Delete the key {name}?', other: 'Delete {n} keys?' }, deleteLost: 'Clients that use it are refused at once. This cannot be undone; its past requests stay in the statistics.',
    empty: 'No API key yet', emptyHint: 'Without a key no client can use the gateway.', globalKey: 'Besides these, the key of the setting api_key is valid.', select: 'Select {name}',
    searchLabel: 'Search names', nothingFound: 'No key has that name.', more: 'Actions for {name}', unused: 'not used',
  },
  'zh-CN': {
    title: 'API Key', lead: '客户端用它作为密钥。建议每个客户端使用单独的 Key，以便单独停用。',
    create: '创建 Key', name: '名称', key: 'Key', state: '状态', created: '创建时间', usage: '近 14 天请求', successRate: '成功率',
    nameHint: '例如使用它的客户端或人员。批量创建时会在名称后加编号。', count: '数量', invalidName: '名称需为 1 到 100 个字符。', invalidCount: '请输入 1 到 100。',
    made: '已创建 {n} 个 Key', keepNow: '请立即复制：之后不会再显示。若要以后仍能查看，请在创建前设置变量 encryption_key。',
    keepLater: '以后可在列表中再次查看。', rename: '重命名', reveal: '查看', renamed: '已重命名', deleted: '已删除 {n} 个 Key',
    enabledDone: '已启用 {n} 个 Key', disabledDone: '已停用 {n} 个 Key',
    deleteTitle: '删除 {n} 个 Key（{name}）？', deleteLost: '使用它的客户端会立即被拒绝，且无法恢复；历史请求仍保留在统计中。',
    empty: '还没有 API Key', emptyHint: '没有 Key，客户端无法使用网关。', globalKey: '除此之外，设置项 api_key 中的密钥也有效。', select: '选择 {name}',
    searchLabel: '按名称搜索', nothingFound: '没有匹配的 Key。', more: '{name} 的操作', unused: '未使用',
  },
};
