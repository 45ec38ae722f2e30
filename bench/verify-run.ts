// One measured verification in a process of its own: `node bench/verify-run.ts <directory>`; one line of JSON.
import { createOpener } from '../shared/seal/open.ts';
import { parseTrust } from '../shared/verify/trust.ts';
import { verifyVault } from '../shared/verify/verify-vault.ts';
import { LOG, openVault } from './verify-vault.ts';

const { vault, keys, vkey } = openVault(process.argv[2] ?? '');
const trust = parseTrust(`log ${vkey}\nquorum none\n`);
const [cpu, started] = [process.cpuUsage(), performance.now()];
const report = await verifyVault({ vault, trust, origin: LOG, opener: createOpener({ keys }) }, { bank: 'bench' });
// CPU time of all threads, not time on the wall: this machine has other things to do.
const { user, system } = process.cpuUsage(cpu);
const wallSeconds = (performance.now() - started) / 1000;
if (!report.ok) throw new Error(`bench: ${JSON.stringify(report.problems[0])}`);
const { objects, plain_bytes: bytes } = report.counts;
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ objects, bytes, cpuSeconds: (user + system) / 1e6, wallSeconds, peakRssMiB }));
