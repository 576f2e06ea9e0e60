// Texts of the gallery of cached pictures and videos.
export const text = {
  en: {
    title: 'Media', reload: 'Reload', lead: 'Grok rejects direct links to generated files, so the gateway caches copies here until midnight at the latest. Links still work after that: while the account is in the pool, the gateway fetches the file again.',
    image: 'Pictures', video: 'Videos', kinds: 'Kind', files: { one: '{n} file', other: '{n} files' }, sizeOf: '{size} of {limit}',
    made: 'Created', size: 'Size', type: 'Type', account: 'Account', noAccount: 'removed', keptUntil: 'Cached until',
    emptyImage: 'No cached pictures', emptyVideo: 'No cached videos', emptyHint: 'A generated file appears here when its link is opened for the first time.', tryIt: 'Generate one in the playground',
    openImage: 'Show picture {n}, created {time}', openVideo: 'Show video {n}, created {time}', selectImage: 'Select picture {n}, created {time}', selectVideo: 'Select video {n}, created {time}', noPreview: 'No preview',
    clear: 'Clear the cache', clear_images: 'Clear pictures', clear_videos: 'Clear videos', clear_all: 'Clear everything', nothing: 'The cache is already empty.',
    clear_images_title: 'Clear all pictures?', clear_videos_title: 'Clear all videos?', clear_all_title: 'Clear the whole cache?',
    clearLost: { one: '{n} file ({size}) is deleted from the cache.', other: '{n} files ({size}) are deleted from the cache.' },
    deleteLost: 'When a link is opened again, the gateway fetches its file from Grok again. Files of removed accounts are lost.',
    deleteTitle: { one: 'Delete this file from the cache?', other: 'Delete {n} files from the cache?' },
    deleted: { one: 'The file was deleted.', other: '{n} files were deleted.' }, partsLeft: 'The last {n} MiB are still being removed.', showing: '{n} of {total}', more: 'Show more',
  },
  'zh-CN': {
    title: '媒体', reload: '刷新', lead: 'Grok 不允许直接访问其生成的文件，因此网关会在此缓存副本，最迟保留到午夜。此后链接依然有效：只要账号仍在账号池中，网关就会重新获取文件。',
    image: '图片', video: '视频', kinds: '类型', files: '{n} 个文件', sizeOf: '{size} / {limit}',
    made: '生成时间', size: '大小', type: '格式', account: '账号', noAccount: '已移除', keptUntil: '缓存至',
    emptyImage: '没有缓存的图片', emptyVideo: '没有缓存的视频', emptyHint: '生成的文件在链接首次打开后会显示在这里。', tryIt: '前往对话测试生成',
    openImage: '查看图片 {n}，生成于 {time}', openVideo: '查看视频 {n}，生成于 {time}', selectImage: '选择图片 {n}，生成于 {time}', selectVideo: '选择视频 {n}，生成于 {time}', noPreview: '无预览',
    clear: '清空缓存', clear_images: '清空图片', clear_videos: '清空视频', clear_all: '全部清空', nothing: '缓存已经是空的。',
    clear_images_title: '要清空全部图片吗？', clear_videos_title: '要清空全部视频吗？', clear_all_title: '要清空整个缓存吗？',
    clearLost: '将从缓存中删除 {n} 个文件（{size}）。',
    deleteLost: '再次打开链接时，网关会从 Grok 重新获取文件。账号已移除的文件将无法恢复。',
    deleteTitle: '要从缓存中删除 {n} 个文件吗？',
    deleted: '已删除 {n} 个文件。', partsLeft: '剩余 {n} MiB 仍在删除中。', showing: '{n} / {total}', more: '显示更多',
  },
};
