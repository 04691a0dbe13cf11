import { dictionary } from '../../i18n/dictionary.js'

export const words = dictionary({
  en: {
    label: 'Search',
    hint: 'Person, account, message, event or screen',
    results: 'Found',
    nothing: (q: string) => `Nothing is called “${q}”.`,
    nothingHint: 'Part of a name, an address, an identifier or a messageId finds it.',
    failed: 'The search was not answered; the screens are found all the same.',
    'type.person': 'Person',
    'type.account': 'Account',
    'type.event': 'Message',
    'type.eventName': 'Event',
    'type.screen': 'Screen',
    keys: '↑ ↓ to choose, Enter to open, Esc to leave',
  },
  ja: {
    label: '検索',
    hint: '人物・アカウント・メッセージ・イベント・画面',
    results: '検索結果',
    nothing: (q: string) => `「${q}」は見つかりません。`,
    nothingHint: '名前・メールアドレス・識別子・messageIdの一部で探せます。',
    failed: '検索の応答がありません。画面は探せます。',
    'type.person': '人物',
    'type.account': 'アカウント',
    'type.event': 'メッセージ',
    'type.eventName': 'イベント',
    'type.screen': '画面',
    keys: '↑ ↓ で選択、Enterで開く、Escで閉じる',
  },
})
