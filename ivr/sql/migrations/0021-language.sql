-- In which language a customer and the caller of an incident hear the prompts: the names of ivr/prompts' files.

ALTER TABLE customer ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es'));
ALTER TABLE incident ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es'));
