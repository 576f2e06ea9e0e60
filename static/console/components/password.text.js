export const text = {
  en: {
    show: 'Show password', hide: 'Hide password', new: 'New password', repeat: 'Confirm password',
    length: 'Use {min} to {max} characters.', same: 'This is the current password. Choose another one.',
    guessed: 'Attackers try this password first. Choose a few unrelated words instead.',
    differs: 'The passwords do not match.', advice: 'At least {min} characters. A few unrelated words make a strong password.',
    strength0: 'Too easy to guess', strength1: 'Weak: add more characters', strength2: 'Fair', strength3: 'Strong',
  },
  'zh-CN': {
    show: '显示密码', hide: '隐藏密码', new: '新密码', repeat: '确认新密码',
    length: '密码长度须为 {min} 到 {max} 个字符。', same: '新密码与当前密码相同，请换一个。',
    guessed: '此密码极易被猜中。请改用几个互不相关的词。',
    differs: '两次输入的密码不一致。', advice: '至少 {min} 个字符。建议使用几个互不相关的词。',
    strength0: '极易被猜中', strength1: '较弱，请加长', strength2: '中等', strength3: '强',
  },
};
