// An ext_proc data plane made of @grpc/grpc-js: the same commands and results as extproc_client.py, and one more:
//
//   h2   {"headers": {...}, "body": base64 | null}: a bare HTTP/2 request -> {"headers", "trailers", "body"}
//
// usage: extproc_client.cjs PROTOS ADDRESS
const crypto = require('node:crypto');
const http2 = require('node:http2');
const readline = require('node:readline');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [protos, address] = process.argv.slice(2);
const definition = loader.loadSync(
  ['envoy/service/ext_proc/v3/external_processor.proto', 'grpc/health/v1/health.proto'],
  { includeDirs: [protos], keepCase: true, enums: String, bytes: Buffer, longs: Number });
const loaded = grpc.loadPackageDefinition(definition);
const unbounded = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const credentials = grpc.credentials.createInsecure();
const processor = new loaded.envoy.service.ext_proc.v3.ExternalProcessor(address, credentials, unbounded);
const health = new loaded.grpc.health.v1.Health(address, credentials);
const generic = new grpc.Client(address, credentials);
const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity })[Symbol.asyncIterator]();
const deadline = () => ({ deadline: Date.now() + 60_000 });

// protobuf.js has no native form for google.protobuf.Struct.
const toValue = (v) => typeof v === 'string' ? { stringValue: v } : typeof v === 'number' ? { numberValue: v }
  : Array.isArray(v) ? { listValue: { values: v.map(toValue) } } : { structValue: toStruct(v) };
const toStruct = (o) => ({ fields: Object.fromEntries(Object.entries(o).map(([k, v]) => [k, toValue(v)])) });
const fromValue = (v) => v.stringValue ?? v.numberValue ?? (v.structValue ? fromStruct(v.structValue) : v.listValue.values.map(fromValue));
const fromStruct = (s) => Object.fromEntries(Object.entries(s.fields).map(([k, v]) => [k, fromValue(v)]));

function* messages(step) {
  if (step.send) {
    const metadata = step.send.metadata_context?.filter_metadata;
    yield metadata
      ? { ...step.send, metadata_context: { filter_metadata: Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, toStruct(v)])) } }
      : step.send;
  }
  if (step.body) {
    const { length, piece, end } = step.body;
    const body = Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
    for (let at = 0; at < length; at += piece) {
      yield { request_body: { body: body.subarray(at, at + piece), end_of_stream: end && at + piece >= length } };
    }
  }
}

function converse(steps) {
  return new Promise((resolve) => {
    const call = processor.Process(deadline());
    const responses = [];
    const echo = { digest: crypto.createHash('sha256'), length: 0, largest: 0, pieces: 0 };
    let wake = () => {};
    call.on('data', (response) => {
      const piece = response.request_body?.response?.body_mutation?.streamed_response;
      if (piece) {
        const body = piece.body ?? Buffer.alloc(0);
        echo.digest.update(body);
        echo.length += body.length;
        echo.largest = Math.max(echo.largest, body.length);
        echo.pieces++;
        if (body.length > 256) delete piece.body;
      }
      if (response.dynamic_metadata) response.dynamic_metadata = fromStruct(response.dynamic_metadata);
      responses.push(JSON.parse(JSON.stringify(response, (_, v) => v?.type === 'Buffer' ? Buffer.from(v.data).toString('base64') : v)));
      wake();
    });
    call.on('error', () => {});
    call.on('status', ({ code, details }) => {
      const { digest, ...rest } = echo;
      resolve({ responses, code, details, echo: { ...rest, sha256: digest.digest('hex') } });
    });
    (async () => {
      let stay = false;
      let received = 0;
      for (const step of steps) {
        for (const message of messages(step)) call.write(message);
        received += step.receive ?? 0;
        while (responses.length < received) await new Promise((go) => { wake = go; });
        if (step.pause) {
          say({ paused: true });
          await lines.next();
        }
        if (step.cancel) call.cancel();
        stay ||= step.stay;
      }
      if (!stay) call.end();
    })();
  });
}

const raw = ({ path, messages: payloads }) => new Promise((resolve) => {
  const identity = (bytes) => bytes;
  const call = generic.makeBidiStreamRequest(path, identity, identity, new grpc.Metadata(), deadline());
  let responses = 0;
  call.on('data', () => { responses++; });
  call.on('error', () => {});
  call.on('status', ({ code, details }) => resolve({ responses, code, details }));
  for (const payload of payloads) call.write(Buffer.from(payload, 'base64'));
  call.end();
});

const check = ({ service }) => new Promise((resolve) => {
  health.Check({ service }, deadline(), (error, answer) =>
    resolve(error ? { code: error.code, details: error.details, status: null } : { code: 0, details: '', status: answer.status }));
});

const watch = ({ service, count }) => new Promise((resolve) => {
  const call = health.Watch({ service }, deadline());
  call.on('data', ({ status }) => {
    say({ status });
    if (--count === 0) call.cancel();
  });
  call.on('error', ({ code, details }) => {
    if (count > 0) say({ code, details });
    resolve();
  });
});

const h2 = ({ headers, body }) => new Promise((resolve, reject) => {
  const session = http2.connect(`http://${address}`);
  session.on('error', reject);
  const stream = session.request(headers);
  const result = { headers: {}, trailers: {}, body: '' };
  stream.on('response', (h) => { result.headers = h; });
  stream.on('trailers', (h) => { result.trailers = h; });
  stream.on('data', (data) => { result.body += data.toString('base64'); });
  stream.on('error', reject);
  stream.on('close', () => { session.close(); resolve(result); });
  if (body === null) stream.end();
  else stream.end(Buffer.from(body, 'base64'));
});

const say = (result) => process.stdout.write(JSON.stringify(result) + '\n');
const operations = {
  process: ({ steps }) => converse(steps),
  many: async ({ streams, steps }) => ({ results: await Promise.all(Array.from({ length: streams }, () => converse(steps))) }),
  raw, check, h2,
};

(async () => {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const command = JSON.parse(line.value);
    if (command.op === 'watch') await watch(command);
    else say(await operations[command.op](command));
  }
  process.exit(0);
})();
