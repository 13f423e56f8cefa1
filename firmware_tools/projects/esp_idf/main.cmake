idf_component_register(SRCS "main.c" REQUIRES edge_siamese)
