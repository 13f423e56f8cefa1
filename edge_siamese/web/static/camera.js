// The camera of this phone or computer. Browsers allow it on https and on this machine itself; elsewhere the phone's own
// camera program takes the photo.

const dialog = document.getElementById("camera");
const video = document.getElementById("camera-video");
const guide = document.getElementById("camera-guide");
const button = document.getElementById("camera-take");
let stream = null;
let facing = "user";
let onShot = null;

export const available = () => Boolean(navigator.mediaDevices?.getUserMedia);

button.addEventListener("click", async () => {
  const file = await grab();
  if (file && onShot) onShot(file);
});
document.getElementById("camera-close").addEventListener("click", () => dialog.close());
document.getElementById("camera-switch").addEventListener("click", () => {
  facing = facing === "user" ? "environment" : "user";
  play();
});
dialog.addEventListener("close", stop);

/** One photo of the camera as a file, or null if the person closed it. */
export function takePhoto(name) {
  if (!available()) return fromPhone();
  return new Promise((done) => {
    const closed = () => done(null);
    dialog.addEventListener("close", closed, { once: true });
    open("Look at the camera.", (file) => {
      dialog.removeEventListener("close", closed);
      dialog.close();
      done(new File([file], name, { type: file.type }));
    });
  });
}

/** Show the camera; `shot` is called with every photo that is taken. */
export function open(text, shot) {
  onShot = shot;
  say(text);
  dialog.showModal();
  play();
}

export const close = () => dialog.open && dialog.close();

/** Say below the title what to do. */
export function say(text) {
  guide.textContent = text;
}

/** A photo by the phone's own camera program, or by the file dialog of a computer. */
export function fromPhone() {
  return new Promise((done) => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    input.setAttribute("capture", "user");
    input.addEventListener("change", () => done(input.files[0] ?? null));
    input.addEventListener("cancel", () => done(null));
    input.click();
  });
}

async function play() {
  stop();
  button.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1280 } }, audio: false });
    video.srcObject = stream;
    video.classList.toggle("mirrored", facing === "user");
    await video.play();
    button.disabled = false;
    button.focus();
  } catch (error) {
    const reasons = { NotAllowedError: "The browser may not use the camera: allow it in the browser's settings.", NotFoundError: "This device has no camera." };
    say(reasons[error.name] ?? "The camera cannot be used.");
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
}

function grab() {
  if (!video.videoWidth) return null;
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob((blob) => done(new File([blob], "camera.jpg", { type: "image/jpeg" })), "image/jpeg", 0.92));
}
