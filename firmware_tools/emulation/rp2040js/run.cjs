// Boots UF2 files in rp2040js as the boot ROM does, and serves the board's lines: frames over UART 1, messages over UART 0.
// Arguments: a JSON file with uf2 (names), frames, received and status (base64), frame_size, code_size.
'use strict';
const fs = require('fs');
const { RP2040 } = require('rp2040js');

const FLASH = 0x10000000, BOOT = 0x20041f00, BOOT_SIZE = 256;
const job = JSON.parse(fs.readFileSync(process.argv[2]));
const chip = new RP2040();
const core = chip.core;
chip.logger = { debug() {}, info() {}, warn() {}, error() {} };

function fail(sentence) {
  process.stderr.write(sentence + '\n');
  process.exit(3);
}

function load(name) {
  const blocks = fs.readFileSync(name);
  for (let at = 0; at < blocks.length; at += 512) {
    const size = blocks.readUInt32LE(at + 16);
    chip.flash.set(blocks.subarray(at + 32, at + 32 + size), blocks.readUInt32LE(at + 12) - FLASH);
  }
}

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
}

job.uf2.forEach(load);
if (crc(chip.flash.subarray(0, BOOT_SIZE - 4)) !== chip.flashView.getUint32(BOOT_SIZE - 4, true))
  fail('the CRC of the first 256 bytes of flash is wrong: the boot ROM would not start the firmware');
chip.sram.set(chip.flash.subarray(0, BOOT_SIZE), BOOT - 0x20000000);
core.PC = BOOT;

const frames = Buffer.from(job.frames, 'base64'), status = Buffer.from(job.status, 'base64');
const queues = [[Buffer.from(job.received, 'base64'), 0], [Buffer.alloc(0), 0]];
const counts = new Float64Array(job.code_size / 2);
let sent = [], taken = 0, asked = false, ended = false, faulted = false, instructions = 0;

chip.uart[0].onByte = (byte) => sent.push(byte);
chip.uart[1].onByte = () => {
  if (taken < frames.length) {
    queues[1] = [frames.subarray(taken, taken + job.frame_size), 0];
    taken += job.frame_size;
  } else if (!asked) {
    queues[0] = [status, 0];
    asked = true;
  } else ended = true;
};
chip.onBreak = () => { faulted = true; };

function feed(number) {
  const queue = queues[number], uart = chip.uart[number];
  while (queue[1] < queue[0].length && !uart.rxFIFO.full) uart.feedByte(queue[0][queue[1]++]);
}

while (!ended && !faulted) {
  for (let step = 0; step < 64 && !ended; step++) {
    const at = core.PC - FLASH;
    if (at >= 0 && at < job.code_size) counts[at >> 1]++;
    core.executeInstruction();
    instructions++;
  }
  feed(0);
  feed(1);
  if (instructions > job.most) fail('no end after ' + job.most + ' instructions');
}
if (faulted) fail('stopped with a fault of the processor at 0x' + (core.PC >>> 0).toString(16));
fs.writeFileSync('sent.bin', Buffer.from(sent));
fs.writeFileSync('counts.bin', Buffer.from(counts.buffer));
fs.writeFileSync('total.json', JSON.stringify({ instructions, cycles: core.cycles }));
