/* The firmware as an Arduino library. A sketch defines the functions of es_board.h, calls es_app_start once and es_app_step for ever. */
#ifndef EDGE_SIAMESE_H
#define EDGE_SIAMESE_H

#ifdef __cplusplus
extern "C" {
#endif
#include "es_app.h"
#include "es_board.h"
#include "es_config.h"
#include "es_stack.h"
#include "gallery.h"
#ifdef __cplusplus
}
#endif

#endif
