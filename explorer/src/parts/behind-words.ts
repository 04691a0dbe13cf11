import { dictionary } from '../i18n/dictionary.js'

export const words = dictionary({
  en: {
    accounts: (n: string) => `${n} accounts`,
    people: (n: string) => `${n} people`,
    first: (n: string) => `the first ${n}`,
    nobody: 'Nobody.',
    csv: 'CSV',
  },
  ja: {
    accounts: (n: string) => `アカウント${n}件`,
    people: (n: string) => `${n}人`,
    first: (n: string) => `最初の${n}件`,
    nobody: '該当なし。',
    csv: 'CSV',
  },
})
