import { describe, expect, test } from 'vitest'
import { agentOf } from './agent.js'

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
describe('agentOf', () => {
  test.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/131.0.0.0 Safari/537.36`,
      'desktop',
      'Chrome',
      'Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
      'desktop',
      'Microsoft Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
      'desktop',
      'Safari',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
      'mobile',
      'Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
      'tablet',
      'Safari',
      'iOS',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`,
      'mobile',
      'Chrome',
      'Android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', 'desktop', 'Firefox', 'Linux'],
  ])('%s', (userAgent, device, browser, os) => {
    expect(agentOf(userAgent)).toMatchObject({ device, browser, os, isBot: false })
  })

  test.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)',
    `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/131.0.0.0 Safari/537.36`,
    'curl/8.5.0',
  ])('%s is a machine', (userAgent) => {
    expect(agentOf(userAgent)).toMatchObject({ device: 'bot', isBot: true })
  })

  test.each([
    'okhttp/4.12.0',
    'ReactNative/0.72',
    'UnityPlayer/2021.3.5f1 (UnityWebRequest/1.0, libcurl/7.80.0-DEV)',
    'analytics-android/4.11.3',
  ])('%s is the app of a person, whose agent a server passes on', (userAgent) => {
    expect(agentOf(userAgent).isBot).toBe(false)
  })

  test('an agent of its own making leaves no words of its own in the columns', () => {
    expect(agentOf('<script>alert(1)</script>/1.0 "x"')).toMatchObject({ browser: '', os: '' })
    expect(agentOf('<script>alert(1)</script>/1.0 "x"').columns).not.toContain('script')
  })

  test('no agent is nothing, and a long one is read by its beginning', () => {
    expect(agentOf('')).toMatchObject({ device: '', isBot: false, columns: '' })
    expect(
      agentOf(`Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0 ${'x'.repeat(1e6)}`).os,
    ).toBe('Linux')
  })
})
