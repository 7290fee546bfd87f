// What kafkajs does with a broker: a line 'feature TAB result' for each. See ClientTable.cs.
'use strict';
const fs = require('fs');
const { Kafka, logLevel, CompressionTypes, CompressionCodecs, ConfigResourceTypes, AclResourceTypes, AclOperationTypes,
  AclPermissionTypes, ResourcePatternTypes } = require('kafkajs');

const settings = JSON.parse(fs.readFileSync(process.env.CLIENT_SETTINGS, 'utf8'));
const prefix = process.argv[2];
const DEADLINE = 60000;
const quiet = { logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } };
const plain = new Kafka({ brokers: [settings.plain], ...quiet });
const TLS = { ca: [fs.readFileSync(settings.ca, 'utf8')] };

function check(holds, otherwise) {
  if (!holds) throw new Error(String(otherwise));
}

async function withDeadline(promise, what) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('did not happen: ' + what)), DEADLINE); });
  try { return await Promise.race([promise, late]); } finally { clearTimeout(timer); }
}

async function using(client, work) {
  await client.connect();
  try { return await work(client); } finally { await client.disconnect(); }
}

async function topic(name, partitions = 1) {
  await using(plain.admin(), a => a.createTopics({ waitForLeaders: true, topics: [{ topic: prefix + name, numPartitions: partitions }] }));
  return prefix + name;
}

const messages = count => Array.from({ length: count }, (_, i) => ({
  key: String(i), value: ('v' + i).repeat(1 + i % 20), timestamp: String(1000 * (i + 1)), headers: { h: Buffer.from([255]) }, partition: 0 }));

const produce = (name, count, kafka = plain, more = {}, send = {}) =>
  using(kafka.producer(more), p => p.send({ topic: name, messages: messages(count), ...send }));

// Reads so many messages and calls back before it ends.
async function read(name, count, { kafka = plain, group = name, more = {}, seek = null, then = null } = {}) {
  const consumer = kafka.consumer({ groupId: prefix + group, ...more });
  const found = [];
  await using(consumer, async () => {
    await consumer.subscribe({ topic: name, fromBeginning: true });
    await withDeadline(new Promise((resolve, reject) => {
      consumer.run({ autoCommit: false, eachMessage: async ({ message }) => {
        if (found.length < count) found.push(message);
        if (found.length >= count) resolve();
      } }).catch(reject);
      if (seek !== null) consumer.seek({ topic: name, partition: 0, offset: String(seek) });
    }), count + ' messages');
    if (then) await then(consumer);
  });
  return found;
}

async function codec(name, type) {
  const t = await topic('codec-' + name);
  await produce(t, 500, plain, {}, { compression: type });
  (await read(t, 500)).forEach((m, i) => check(m.key.toString() === String(i) && m.value.toString() === ('v' + i).repeat(1 + i % 20), i));
}

async function headers() {
  const t = await topic('headers');
  await produce(t, 1);
  await using(plain.producer(), p => p.send({ topic: t, messages: [{ key: null, value: null }, { key: '', value: '' }] }));
  const [first, nothing, empty] = await read(t, 3);
  check(first.headers.h[0] === 255, 'the header');
  check(nothing.key === null && nothing.value === null, 'null');
  check(empty.key.length === 0 && empty.value.length === 0, 'empty');
}

async function member(t, owned) {
  const consumer = plain.consumer({ groupId: prefix + t, sessionTimeout: 6000, heartbeatInterval: 300, rebalanceTimeout: 6000 });
  consumer.on(consumer.events.GROUP_JOIN, e => { owned.set(consumer, e.payload.memberAssignment[t] || []); });
  await consumer.connect();
  await consumer.subscribe({ topic: t, fromBeginning: true });
  await consumer.run({ eachMessage: async () => {} });
  return consumer;
}

async function until(condition, what) {
  for (const end = Date.now() + DEADLINE; !condition(); await new Promise(r => setTimeout(r, 50))) {
    check(Date.now() < end, 'did not happen: ' + what);
  }
}

async function group() {
  const t = await topic('group', 4);
  const owned = new Map();
  const shares = () => [...owned.values()].map(x => x.length).sort().join();
  const one = await member(t, owned);
  await until(() => shares() === '4', 'one owns all');
  const two = await member(t, owned);
  await until(() => shares() === '2,2', 'they share');
  await two.disconnect();
  owned.delete(two);
  await until(() => shares() === '4', 'one owns all again');
  await one.disconnect();
}

async function commits() {
  const t = await topic('commits');
  await produce(t, 100);
  await read(t, 10, { then: c => c.commitOffsets([{ topic: t, partition: 0, offset: '10', metadata: 'm' }]) });
  const committed = await using(plain.admin(), a => a.fetchOffsets({ groupId: prefix + t, topics: [t] }));
  check(committed[0].partitions[0].offset === '10', JSON.stringify(committed));
  check((await read(t, 1))[0].offset === '10', 'it goes on at 10');
  check((await read(t, 1, { seek: 50 }))[0].offset === '50', 'it seeks to 50');
}

async function times() {
  const t = await topic('times');
  await produce(t, 100);
  await using(plain.admin(), async a => {
    check((await a.fetchTopicOffsetsByTimestamp(t, 50500))[0].offset === '50', '50 by time');
    const [ends] = await a.fetchTopicOffsets(t);
    check(ends.low === '0' && ends.high === '100', JSON.stringify(ends));
  });
}

async function transactions(offsets) {
  const t = await topic('txn' + offsets);
  const more = { transactionalId: prefix + offsets, maxInFlightRequests: 1, idempotent: true };
  await using(plain.producer(more), async p => {
    for (const name of 'abcd') {
      const tx = await p.transaction();
      await tx.send({ topic: t, messages: [{ value: name }] });
      if (offsets) {
        await tx.sendOffsets({ consumerGroupId: prefix + t + 'o', topics: [
          { topic: t, partitions: [{ partition: 0, offset: String(name.charCodeAt(0) - 96) }] }] });
      }
      await ('bd'.includes(name) ? tx.commit() : tx.abort());
    }
  });
  check((await read(t, 2, { more: { readUncommitted: false } })).map(m => m.value.toString()).join() === 'b,d', 'b and d');
  if (offsets) {
    const found = await using(plain.admin(), a => a.fetchOffsets({ groupId: prefix + t + 'o', topics: [t] }));
    check(found[0].partitions[0].offset === '4', JSON.stringify(found));
  }
}

const adminTopics = async () => using(plain.admin(), async a => {
  const t = await topic('admin');
  await a.createPartitions({ topicPartitions: [{ topic: t, count: 3 }] });
  check((await a.fetchTopicMetadata({ topics: [t] })).topics[0].partitions.length === 3, '3 partitions');
  await a.deleteTopics({ topics: [t] });
  check(!(await a.listTopics()).includes(t), 'it is gone');
});

const adminConfigs = async () => using(plain.admin(), async a => {
  const t = await topic('configs');
  const resource = { type: ConfigResourceTypes.TOPIC, name: t };
  await a.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '12345' }] }] });
  const found = await a.describeConfigs({ resources: [resource], includeSynonyms: false });
  check(found.resources[0].configEntries.find(x => x.configName === 'retention.ms').configValue === '12345', 'it is set');
});

const adminGroups = async () => using(plain.admin(), async a => {
  const t = await topic('admin-groups');
  await produce(t, 5);
  await read(t, 5, { then: c => c.commitOffsets([{ topic: t, partition: 0, offset: '5' }]) });
  const g = prefix + t;
  check((await a.listGroups()).groups.some(x => x.groupId === g), 'it is listed');
  check((await a.describeGroups([g])).groups[0].state === 'Empty', 'it is empty');
  await a.setOffsets({ groupId: g, topic: t, partitions: [{ partition: 0, offset: '3' }] });
  check((await a.fetchOffsets({ groupId: g, topics: [t] }))[0].partitions[0].offset === '3', 'it is reset');
  await a.deleteGroups([g]);
  check(!(await a.listGroups()).groups.some(x => x.groupId === g), 'it is gone');
});

const adminRules = async () => using(plain.admin(), async a => {
  const rule = { resourceType: AclResourceTypes.TOPIC, resourceName: prefix + 'rules', resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:bob', host: '*', operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW };
  await a.createAcls({ acl: [rule] });
  check((await a.describeAcls(rule)).resources.length === 1, 'it is listed');
  await a.deleteAcls({ filters: [rule] });
  check((await a.describeAcls(rule)).resources.length === 0, 'it is gone');
});

async function secured(name, server, ssl, sasl, pause = 0) {
  const kafka = new Kafka({ brokers: [settings[server]], ssl, sasl, reauthenticationThreshold: 500, ...quiet });
  const t = await topic('secured-' + name);
  await using(kafka.producer(), async p => {
    await p.send({ topic: t, messages: messages(10) });
    await new Promise(r => setTimeout(r, pause));
    await p.send({ topic: t, messages: messages(10) });
  });
  await read(t, 20, { kafka });
}

const login = mechanism => ({ mechanism, username: 'alice', password: 'wonderland' });
const pem = () => fs.readFileSync(settings.client, 'utf8');

// A codec that is a package of its own.
function external(name, type, load) {
  return async () => {
    try {
      CompressionCodecs[type] = load();
    } catch (e) {
      if (e.code === 'MODULE_NOT_FOUND') return '- its module for it is not installed';
      throw e;
    }
    return codec(name, type);
  };
}

const features = {
  'produce and consume, not compressed': () => codec('none', CompressionTypes.None),
  'gzip': () => codec('gzip', CompressionTypes.GZIP),
  'snappy': external('snappy', CompressionTypes.Snappy, () => require('kafkajs-snappy')),
  'lz4': external('lz4', CompressionTypes.LZ4, () => { const LZ4 = require('kafkajs-lz4'); return new LZ4().codec; }),
  'zstd': external('zstd', CompressionTypes.ZSTD, () => require('@kafkajs/zstd')()),
  'keys and headers, empty and null': headers,
  'group: join, rebalance, leave': group,
  'group of the consumer protocol': () => '- it does not have it',
  'static member': () => '- it does not have it',
  'commit, committed, seek': commits,
  'offsets by time': times,
  'idempotent producer': async () => produce(await topic('idempotent'), 500, plain, { idempotent: true, maxInFlightRequests: 1 }),
  'transactions: commit, abort': () => transactions(false),
  'offsets in a transaction': () => transactions(true),
  'admin: topics': adminTopics,
  'admin: configs': adminConfigs,
  'admin: groups': adminGroups,
  'admin: rules': adminRules,
  'admin: users': () => '- no call for it',
  'TLS': () => secured('tls', 'ssl', TLS),
  "TLS with a client's certificate": () => secured('mtls', 'mtls', { ...TLS, cert: pem(), key: pem() }),
  'SASL PLAIN': () => secured('plain', 'sasl', TLS, login('plain')),
  'SCRAM-SHA-256': () => secured('s256', 'sasl', TLS, login('scram-sha-256')),
  'SCRAM-SHA-512': () => secured('s512', 'sasl', TLS, login('scram-sha-512')),
  'OAUTHBEARER, signed token': () => secured('oauth', 'sasl', TLS,
    { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: settings.token }) }),
  're-authentication': () => secured('again', 'renewed', TLS, login('scram-sha-512'), settings.reauthentication_ms * 3),
};

(async () => {
  for (const [name, run] of Object.entries(features)) {
    let result;
    try {
      result = await run();
    } catch (e) {
      result = 'FAILED ' + String(e).replace(/\s+/g, ' ');
    }
    console.log(name + '\t' + (typeof result === 'string' ? result : 'ok'));
  }
  process.exit(0);
})();
