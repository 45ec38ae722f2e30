// EKS, API Gateway and Lambda: what golden cases do not show.
import fc from 'fast-check';
import { apiGateway } from '../../../shared/sources/api-gateway.ts';
import { clfFields, formatOf, lineFields } from '../../../shared/sources/api-gateway-names.ts';
import { eksAudit } from '../../../shared/sources/eks-audit.ts';
import { lambda } from '../../../shared/sources/lambda.ts';
import { claim, recognise } from '../../../shared/sources/registry.ts';
import { event, run, testSample } from './line-source.ts';

test.each([
  ['/aws/eks/prod/cluster', 'kube-apiserver-audit-0123', 'eks-audit'],
  ['/aws/eks/prod/cluster', 'kube-apiserver-0123', 'eks-control-plane'],
  ['/aws/eks/prod/cluster', 'authenticator-0123', 'eks-control-plane'],
  ['/aws/eks/prod/addons', 'authenticator-0123', undefined],
  ['API-Gateway-Execution-Logs_a1b2c3d4e5/prod', 'x', 'api-gateway'],
  ['/aws/apigateway/welcome', 'x', 'api-gateway'],
  ['/aws/apigateway/shop', 'x', undefined],
  ['/aws/lambda/pay', '2026/01/01/[$LATEST]x', 'lambda'],
  ['/aws/lambda/us-east-1.edge', '2026/01/01/[1]x', 'lambda'],
  ['lambda', 'x', undefined],
])('log group %s, stream %s', (logGroup, logStream, name) => {
  expect(claim({ trigger: 'logs', logGroup, logStream })?.name).toBe(name);
});

describe('eks-audit', () => {
  const asked = { auditID: 'chosen', verb: 'list', stageTimestamp: '2026-01-01T00:00:01Z' };

  test('only the last address was seen: a client may claim any before it', () => {
    const found = event(eksAudit, JSON.stringify({ ...asked, sourceIPs: ['203.0.113.9', '198.51.100.7'] }));
    expect(found).toMatchObject({ src_endpoint: { ip: '198.51.100.7' }, http_request: { x_forwarded_for: ['203.0.113.9'] } });
  });

  test('two requests under one auditID, which the client may choose, are two events', () => {
    const { events } = run(eksAudit, `${JSON.stringify(asked)}\n${JSON.stringify({ ...asked, verb: 'delete' })}`);
    expect(new Set(events.map(({ metadata }) => metadata.uid)).size).toBe(2);
  });
});

describe('api-gateway', () => {
  testSample(apiGateway, 'api-gateway/access.log', 20);

  test('whatever a client puts into the path, status and ids of Common Log Format are those of the end of the line', () => {
    const path = fc
      .array(fc.constantFrom('/', '"', ' ', ' 200 ', '" 200 1 x', ']', 'a', '\\'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(path, (client) => {
        const line = `198.51.100.7 - - [01/Jan/2026:00:00:01 +0000]"GET ${client} HTTP/1.1" 403 23 request-id extended-id`;
        expect(clfFields(line)).toMatchObject({
          status: '403',
          responseLength: '23',
          requestId: 'request-id',
          extendedRequestId: 'extended-id',
        });
      }),
    );
  });

  test('a line that a client has made longer is not of a text format', () => {
    const format = formatOf('$context.status,$context.path,$context.requestId');
    expect(lineFields('200,/a,id', format)).toEqual({ status: '200', path: '/a', requestId: 'id' });
    expect(lineFields('200,/a,200,id', format)).toBeUndefined();
    expect(lineFields('ok,/a,id', format)).toBeUndefined();
  });

  test('log lines of applications and of web servers are not taken for it', () => {
    const own = { requestId: 'x', ip: '198.51.100.7', httpMethod: 'GET', status: 200 };
    expect(recognise(JSON.stringify(own))?.name).toBe('api-gateway');
    expect(recognise(JSON.stringify({ ...own, level: 'info', message: 'x', time: '2026-01-01T00:00:01Z' }))?.name).toBe('application-json');
    expect(apiGateway.recognises('198.51.100.7 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.0"')).toBe(false);
  });
});

test('lambda: a function may print what looks like a line of Lambda’s; without a time nothing is made of it', () => {
  const line = 'REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 1.00 ms\tStatus: timeout';
  expect(run(lambda, line).parked.map(({ code }) => code)).toEqual(['missing_field']);
  const found = event(lambda, line, { logGroup: '/aws/lambda/pay', logStream: 's' });
  expect(found).toMatchObject({ status_id: 2, metadata: { event_code: 'REPORT', log_name: '/aws/lambda/pay' } });
});
