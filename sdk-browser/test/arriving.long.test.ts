/** What is kept, sent, answered and stored, in a real browser against the real server: ClickHouse says what arrived. */
import { answerCases } from './cases/answers.js'
import { hostilePageCases } from './cases/hostile-pages.js'
import { queueCases } from './cases/queue.js'
import { storageCases } from './cases/storage.js'
import { inChromium } from './support/in-chromium.js'

inChromium([queueCases, answerCases, storageCases, hostilePageCases])
