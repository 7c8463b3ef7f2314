pub mod ex_2_1;
pub mod ex_2_2;
pub mod ex_2_4;
pub mod ex_3_1;
pub mod ex_3_2;
