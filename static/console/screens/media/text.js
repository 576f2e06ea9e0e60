// The gallery of cached pictures and videos.
export const text = {
  en: {
    title: 'Media', reload: 'Load again', lead: 'Grok refuses direct links to what it made, so the gateway keeps copies here, until midnight at the latest. Addresses work on after that: as long as the account is in the pool, the file is fetched again.',
    image: 'Pictures', video: 'Videos', kinds: 'Kind', files: { one: '{n} file', other: '{n} files' }, sizeOf: '{size} of {limit}',
    made: 'Made', size: 'Size', type: 'Type', account: 'Account', noAccount: 'removed', keptUntil: 'In the cache until',
    emptyImage: 'No picture is cached', emptyVideo: 'No video is cached', emptyHint: 'What clients ask Grok to draw shows up here when its address is opened for the first time.', tryIt: 'Draw something in the playground',
    openImage: 'Show picture {n}, made {time}', openVideo: 'Show video {n}, made {time}', selectImage: 'Select picture {n}, made {time}', selectVideo: 'Select video {n}, made {time}', noPreview: 'No preview',
    clear: 'Clear the cache', clear_images: 'Clear pictures', clear_videos: 'Clear videos', clear_all: 'Clear everything', nothing: 'There is nothing to clear.',
    clear_images_title: 'Clear all pictures?', clear_videos_title: 'Clear all videos?', clear_all_title: 'Clear the whole cache?',
    clearLost: { one: '{n} file of {size} is deleted here.', other: '{n} files, {size} in all, are deleted here.' },
    deleteLost: 'An address that is opened again fetches its file from Grok anew. What was made by an account that is no longer in the pool is lost.',
    deleteTitle: { one: 'Delete this file from the cache?', other: 'Delete {n} files from the cache?' },
    deleted: { one: 'The file was deleted.', other: '{n} files were deleted.' }, partsLeft: 'Their last {n} MiB are still being removed.', showing: '{n} of {total}', more: 'Show more',
  },
  'zh-CN': {
    title: '媒体', reload: '重新加载', lead: 'Grok 不允许直接访问它生成的文件，因此网关在此保留副本，最迟到午夜清空。此后地址仍然有效：只要账号还在池中，再次打开时会重新获取文件。',
    image: '图片', video: '视频', kinds: '类型', files: '{n} 个文件', sizeOf: '{size} / {limit}',
    made: '生成时间', size: '大小', type: '格式', account: '账号', noAccount: '已移除', keptUntil: '缓存至',
    emptyImage: '没有缓存的图片', emptyVideo: '没有缓存的视频', emptyHint: '客户端让 Grok 生成的内容，在其地址首次被打开后会出现在这里。', tryIt: '去试用页画一张',
    openImage: '查看图片 {n}，生成于 {time}', openVideo: '查看视频 {n}，生成于 {time}', selectImage: '选择图片 {n}，生成于 {time}', selectVideo: '选择视频 {n}，生成于 {time}', noPreview: '无预览',
    clear: '清理缓存', clear_images: '清理图片', clear_videos: '清理视频', clear_all: '全部清理', nothing: '没有可清理的内容。',
    clear_images_title: '清理全部图片？', clear_videos_title: '清理全部视频？', clear_all_title: '清理整个缓存？',
    clearLost: '将从这里删除 {n} 个文件，共 {size}。',
    deleteLost: '再次打开其地址时，会从 Grok 重新获取文件；若生成它的账号已不在池中，则无法恢复。',
    deleteTitle: '从缓存中删除 {n} 个文件？',
    deleted: '已删除 {n} 个文件。', partsLeft: '还有 {n} MiB 正在删除。', showing: '{n} / {total}', more: '显示更多',
  },
};
