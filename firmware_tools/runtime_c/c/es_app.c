#include "es_app.h"

#include "es_board.h"
#include "es_config.h"
#include "es_engine.h"
#include "es_message.h"
#include "es_networks.h"
#include "es_self_test.h"
#include "es_stack.h"
#include "es_track.h"

#ifdef ES_SIGNATURE_REQUIRED
#include "es_keys.h"
static const struct es_trust trust = {
    .verify = es_board_verify, .keys = es_keys, .key_count = ES_KEY_COUNT, .required = ES_SIGNATURE_REQUIRED};
#endif

static struct es_engine engine = {.networks = &es_networks, .after_run = es_board_watchdog};
static struct es_slots slots = {.flash = &es_board_flash};
static struct es_receiver receiver;
static struct es_track track;
static struct es_sample sample;
static struct es_message message;
static uint8_t encoded[ES_ENCODED_MAX];
static uint8_t pixels[ES_FRAME_BYTES];
static int16_t threshold;
static uint16_t sent;
static uint32_t frame_number;
static bool sound; /* a firmware that computes something else names nobody, but can be updated and asked */

static void begin(enum es_message_kind kind) { es_message_begin(&message, kind, sent++); }

static void send(void)
{
    es_board_send(encoded, es_message_encode(&message, encoded));
    es_board_watchdog();
}

static void send_hello(void)
{
    begin(ES_MESSAGE_HELLO);
    es_message_bytes(&message, es_networks.embedder->digest, sizeof es_networks.embedder->digest);
    es_message_u16(&message, es_networks.embedder->dimension);
    es_message_u16(&message, ES_FRAME_WIDTH);
    es_message_u16(&message, ES_FRAME_HEIGHT);
    es_message_u8(&message, ES_FRAME_FORMAT);
    es_message_u32(&message, ES_ARENA_SIZE);
    es_message_u32(&message, slots.flash->size);
    es_message_u32(&message, slots.flash->page);
    send();
}

static bool has_gallery(void) { return slots.used != ES_NO_SLOT; }

/* The threshold for the gallery in use; without an operating point nobody is named. */
static void choose_threshold(void)
{
    if (!has_gallery() || !es_threshold(&slots.gallery, es_networks.points, &threshold))
        threshold = INT16_MAX;
}

static void send_gallery(void)
{
    begin(ES_MESSAGE_GALLERY);
    es_message_u8(&message, slots.used);
    es_message_u8(&message, slots.verdicts[0]);
    es_message_u8(&message, slots.verdicts[1]);
    es_message_u32(&message, has_gallery() ? slots.gallery.sequence : 0);
    es_message_u32(&message, has_gallery() ? slots.gallery.people : 0);
    es_message_u16(&message, (uint16_t)threshold);
    send();
}

static void send_stack(void)
{
    begin(ES_MESSAGE_STACK);
    es_message_u32(&message, es_stack_used());
    es_message_u32(&message, es_stack_size());
    send();
}

/* Pixels as int16, rounded down. */
static void put_box(const int32_t *box)
{
    for (uint32_t i = 0; i < 4; i++)
        es_message_u16(&message, (uint16_t)(int16_t)(box[i] / ES_PIXEL));
}

static void put_name(uint32_t person)
{
    const char *name = person == ES_NOBODY ? "" : es_gallery_name(&slots.gallery, person);
    for (uint32_t i = 0; name[i]; i++)
        es_message_u8(&message, (uint8_t)name[i]);
}

static void send_face(uint32_t index, const struct es_decision *decision, const struct es_decision *fused, uint32_t observations)
{
    begin(ES_MESSAGE_FACE);
    es_message_u32(&message, frame_number);
    es_message_u8(&message, index);
    es_message_u8(&message, sample.turn);
    es_message_u8(&message, decision->outcome);
    es_message_u8(&message, decision->reason);
    es_message_u8(&message, fused->outcome);
    es_message_u8(&message, fused->reason);
    es_message_u8(&message, decision->has_score + decision->has_margin);
    es_message_u16(&message, sample.face.score >> 15);
    put_box(sample.face.box);
    es_message_u32(&message, (uint32_t)decision->score);
    es_message_u32(&message, (uint32_t)decision->margin);
    es_message_u16(&message, (uint16_t)decision->threshold);
    es_message_u16(&message, (uint16_t)fused->score);
    es_message_u16(&message, observations);
    put_name(decision->person);
    es_message_u8(&message, 0);
    put_name(fused->person);
    send();
}

/* A decision without a gallery: everybody is unknown. */
static const struct es_gallery nobody;

static void identify(const struct es_frame *frame, uint32_t index)
{
    const struct es_gallery *gallery = has_gallery() ? &slots.gallery : &nobody;
    es_sample_face(&engine, frame, index, &sample);
    struct es_decision decision = es_identify(&sample, gallery, threshold), fused = decision;
    uint32_t observations = 0;
    if (index == 0 && gallery != &nobody)
        observations = es_track_observe(&track, &sample, gallery, threshold, &fused);
    send_face(index, &decision, &fused, observations);
}

static void process_frame(void)
{
    struct es_frame frame = {pixels, ES_FRAME_WIDTH, ES_FRAME_HEIGHT, ES_FRAME_FORMAT, 0};
    es_find_faces(&engine, &frame);
    if (engine.faces.count == 0)
        es_track_clear(&track);
    for (uint32_t i = 0; i < engine.faces.count; i++)
        identify(&frame, i);
    begin(ES_MESSAGE_FRAME);
    es_message_u32(&message, frame_number++);
    es_message_u8(&message, engine.faces.count);
    send();
}

static void answer(enum es_update_status status, enum es_gallery_verdict verdict, uint32_t at)
{
    begin(ES_MESSAGE_UPDATE);
    es_message_u8(&message, status);
    es_message_u8(&message, verdict);
    es_message_u32(&message, at);
    send();
}

static void commit(const uint8_t *header)
{
    enum es_gallery_verdict verdict;
    enum es_update_status status = es_update_commit(&slots, header, &verdict);
    if (status == ES_UPDATE_COMMITTED) {
        es_track_clear(&track);
        choose_threshold();
    }
    answer(status, verdict, 0);
}

/* Answers a message from the host; one of the wrong size is out of order. */
static void handle(void)
{
    const uint8_t *payload = es_message_payload(&receiver.message);
    uint32_t size = es_message_payload_size(&receiver.message), at = size >= 4 ? es_u32(payload) : 0;
    switch (es_message_kind_of(&receiver.message)) {
    case ES_MESSAGE_STATUS:
        send_hello();
        send_gallery();
        send_stack();
        break;
    case ES_MESSAGE_BEGIN:
        answer(size == 4 ? es_update_begin(&slots, at) : ES_UPDATE_UNEXPECTED, ES_GALLERY_OK, at);
        break;
    case ES_MESSAGE_PAGE:
        answer(size == 8 ? es_update_page(&slots, at, es_u32(payload + 4)) : ES_UPDATE_UNEXPECTED, ES_GALLERY_OK, at);
        break;
    case ES_MESSAGE_DATA:
        answer(size > 4 ? es_update_data(&slots, at, payload + 4, size - 4) : ES_UPDATE_UNEXPECTED, ES_GALLERY_OK, at);
        break;
    case ES_MESSAGE_COMMIT:
        if (size == sizeof(struct esg_header))
            commit(payload);
        else
            answer(ES_UPDATE_UNEXPECTED, ES_GALLERY_OK, 0);
        break;
    default: /* a message for somebody else */
        break;
    }
}

static void receive_all(void)
{
    uint32_t rejected = receiver.rejected;
    for (int32_t byte = es_board_receive(); byte >= 0; byte = es_board_receive()) {
        if (es_receive(&receiver, (uint8_t)byte))
            handle();
        es_board_watchdog();
    }
    if (receiver.rejected != rejected) {
        begin(ES_MESSAGE_REJECTED);
        es_message_u32(&message, receiver.rejected);
        send();
    }
}

/* Whether the networks compute what they should. */
static bool self_test(void)
{
    bool detector = es_self_test_detector(&es_networks);
    es_board_watchdog();
    bool embedder = es_self_test_embedder(&es_networks);
    begin(ES_MESSAGE_SELF_TEST);
    es_message_u8(&message, detector);
    es_message_u8(&message, embedder);
    send();
    return detector && embedder;
}

void es_app_start(void)
{
    slots.embedder = es_networks.embedder;
#ifdef ES_SIGNATURE_REQUIRED
    slots.trust = &trust;
#endif
    es_slots_open(&slots);
    es_track_clear(&track);
    choose_threshold();
    send_hello();
    sound = self_test();
    send_gallery();
}

void es_app_step(void)
{
    es_board_watchdog();
    receive_all();
    if (sound && es_board_capture(pixels))
        process_frame();
}

void es_app_main(void)
{
    es_board_start();
    es_app_start();
    while (es_board_goes_on())
        es_app_step();
    send_stack();
}
