import { dictionary } from '../../i18n/dictionary.js'

export const words = dictionary({
  en: {
    failed: 'no reason was given',
    title: 'Today',
    nothing: 'Nothing to do today.',
    looked:
      'Looked at: silence in late stages, new people at open deals, accounts that look like won ones, hand-offs, and whether every event is accounted for.',
    broken: 'Something is broken',
    silent: (n: string) => `Went silent in a late stage: ${n}`,
    silentWhy: (days: string, stage: string) => `silent ${days} in ${stage}`,
    handoffs: (n: string) => `Scores crossed their line: ${n}`,
    score: (total: string) => `score ${total}`,
    newPeople: (n: string) => `New people at open deals: ${n}`,
    newAt: (account: string, stage: string) => `first seen this week, at ${account} in ${stage}`,
    alike: (n: string) => `Look like accounts that buy, and are in no CRM: ${n}`,
    alikeWhy: (trait: string, lift: string, people: string) =>
      `${trait}: won ${lift} times as often · ${people} people`,
    differs: (n: string) => `${n} events are not accounted for.`,
    refused: (n: string, code: string) => `${n} refused since yesterday: ${code}`,
    dead: (n: string) => `${n} rows were refused by ClickHouse.`,
    waits: (span: string) => `Events wait ${span} to be stored.`,
    all: 'See all',
    notKnown: 'This could not be looked at:',
  },
  ja: {
    failed: '理由は示されませんでした',
    title: '今日',
    nothing: '今日やることはありません。',
    looked:
      '確認したもの: 後期ステージの沈黙、進行中案件の新しい人、成約先に似たアカウント、引き渡し、イベントの所在。',
    broken: '不具合があります',
    silent: (n: string) => `後期ステージで沈黙: ${n}件`,
    silentWhy: (days: string, stage: string) => `${stage}で${days}沈黙`,
    handoffs: (n: string) => `スコアが基準を超えました: ${n}件`,
    score: (total: string) => `スコア ${total}`,
    newPeople: (n: string) => `進行中の案件に新しい人: ${n}人`,
    newAt: (account: string, stage: string) => `今週初めて確認、${account}(${stage})`,
    alike: (n: string) => `買う顧客に似ているがCRMにない: ${n}件`,
    alikeWhy: (trait: string, lift: string, people: string) => `${trait}: 成約率${lift}倍・${people}人`,
    differs: (n: string) => `${n}件のイベントの所在が合いません。`,
    refused: (n: string, code: string) => `昨日から${n}件拒否: ${code}`,
    dead: (n: string) => `ClickHouseが${n}行を拒否しました。`,
    waits: (span: string) => `イベントの保存待ちが${span}続いています。`,
    all: 'すべて見る',
    notKnown: '確認できなかったもの:',
  },
})
