/** An audit daemon that does not hear the first request to end: auditd is such a one at first. */
import { becomeDaemon } from '../../dist/capture/audit.js';
import { netlinkSocket } from '../../dist/capture/libc.js';
import { NETLINK_AUDIT } from '../../dist/capture/netlink.js';

let asked = 0;
process.on('SIGTERM', () => {
  asked += 1;
  if (asked === 2) clearInterval(life);
});
const life = setInterval(() => {}, 1000);
becomeDaemon(netlinkSocket(NETLINK_AUDIT));
