export const text = {
  en: {
    show: 'Show the password', hide: 'Hide the password', new: 'New password', repeat: 'Once more',
    length: 'Choose {min} to {max} characters.', same: 'This is the current password. Choose another.',
    guessed: 'This is among the first that are tried. A few words that do not belong together are easy to keep in mind.',
    differs: 'The two are not the same.', advice: 'At least {min} characters; a few unrelated words make a good one.',
    strength0: 'Too easy to guess', strength1: 'Weak: longer is better', strength2: 'Fair', strength3: 'Strong',
  },
  'zh-CN': {
    show: '显示密码', hide: '隐藏密码', new: '新密码', repeat: '再次输入新密码',
    length: '密码长度需为 {min} 到 {max} 个字符。', same: '新密码与当前密码相同，请换一个。',
    guessed: '这个密码太容易被猜到。几个互不相关的词连在一起，既好记又安全。',
    differs: '两次输入的密码不一致。', advice: '至少 {min} 个字符；推荐使用几个互不相关的词。',
    strength0: '太容易被猜到', strength1: '较弱：再长一些更好', strength2: '中等', strength3: '强',
  },
};
